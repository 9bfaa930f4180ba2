package chat

// A template is a tree of statements, which hold expressions. The parser makes
// it, the scopes fill in the references to variables, and then it never changes.

// A stmt is something that is executed and may write output.
type stmt interface {
	exec(m *machine) (signal, error)
}

// A signal says how a statement ended.
type signal uint8

const (
	goOn signal = iota
	doBreak
	doContinue
)

// An expr is something that has a value.
type expr interface {
	eval(m *machine) (Value, error)
	where() place
}

// pos is the place of a node in the source.
type pos place

func (p pos) where() place { return place(p) }

// A ref says where a variable is at run time: how many frames up, and in which
// slot there.
type ref struct{ up, slot int }

// Expressions.
type (
	constExpr struct {
		pos
		value Value
	}
	nameExpr struct {
		pos
		name string
		ref  ref
	}
	listExpr struct { // also a tuple
		pos
		items []expr
		tuple bool
	}
	dictExpr struct {
		pos
		keys, values []expr
	}
	attrExpr struct { // of.name
		pos
		of   expr
		name string
	}
	itemExpr struct { // of[key]
		pos
		of, key expr
	}
	sliceExpr struct { // of[start:stop:step]; what is absent is nil
		pos
		of, start, stop, step expr
	}
	callExpr struct { // of(args)
		pos
		of   expr
		args args
	}
	filterExpr struct { // of|name(args)
		pos
		of   expr // nil: the output of a block
		name string
		args args
		f    filter // nil: there is none of that name
	}
	testExpr struct { // of is name(args)
		pos
		of   expr
		name string
		args args
		f    test // nil: there is none of that name
	}
	notExpr struct {
		pos
		of expr
	}
	logicExpr struct { // and, or
		pos
		or          bool
		left, right expr
	}
	compareExpr struct { // first ops[0] rest[0] ops[1] rest[1] …
		pos
		first expr
		ops   []string
		rest  []expr
	}
	binaryExpr struct {
		pos
		op          string
		left, right expr
	}
	unaryExpr struct {
		pos
		op string
		of expr
	}
	concatExpr struct { // a ~ b ~ c
		pos
		parts []expr
	}
	condExpr struct { // yes if test else no; no may be nil
		pos
		test, yes, no expr
	}
)

// args are the arguments of a call: f(1, 2, a=3, *list, **dict).
type args struct {
	args       []expr
	names      []string // of the last len(names) in args
	list, dict expr     // nil: absent
}

// Statements.
type (
	block []stmt

	dataStmt  struct{ text *text }
	printStmt struct{ of expr }
	setStmt   struct {
		pos
		target target
		value  expr
	}
	setBlockStmt struct { // {% set x %}…{% endset %}
		pos
		target target
		filter expr // nil: none
		scope  *scope
		body   block
	}
	ifStmt struct {
		tests  []expr
		bodies []block
		no     block
	}
	forStmt struct {
		pos
		target    target
		in, test  expr // test may be nil
		recursive bool
		body, no  block

		scope, testScope, noScope *scope
		testTarget                target     // target, in testScope
		loop                      *variable  // nil: the body does not use it
		fn                        *funcScope // of a recursive loop
	}
	macroStmt struct {
		pos
		name     string
		ref      ref
		params   []string
		refs     []ref  // of params
		defaults []expr // of the last len(defaults) params
		body     block

		scope                   *scope
		fn                      *funcScope
		caller, varargs, kwargs *variable // nil: the body does not use them
	}
	callStmt struct { // {% call(x) f() %}…{% endcall %}
		pos
		call   *callExpr
		caller *macroStmt
	}
	generationStmt struct{ body *macroStmt }
	filterStmt     struct {
		filter expr
		scope  *scope
		body   block
	}
	withStmt struct {
		pos
		targets []target
		values  []expr
		scope   *scope
		body    block
	}
	scopeStmt struct { // {% block %}, {% autoescape false %}
		scope *scope
		body  block
	}
	breakStmt    struct{ pos }
	continueStmt struct{ pos }
	refuseStmt   struct { // what there is no loader for: include, import, extends
		pos
		tag string
	}
)

// A target is what is assigned to: name, attribute of a namespace, or tuple.
type target interface{ where() place }

type (
	nsTarget struct { // name.attr
		pos
		name string
		attr string
		ref  ref
	}
	tupleTarget struct {
		pos
		items []target
	}
)
