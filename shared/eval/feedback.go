package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mathext"
)

// FeedbackOptions say how a log of an experiment is read. The zero value is right for most.
type FeedbackOptions struct {
	Control string    // name of the arm the other is compared with; "": the one with a usual name
	Split   []float64 // share of users that each arm should have, control first; nil: equal
}

// The names that columns and arms of feedback logs usually have.
var (
	armColumns       = []string{"variant", "arm", "group", "treatment", "version"}
	convertedColumns = []string{"converted", "conversion", "outcome", "success", "clicked"}
	userColumns      = []string{"user", "user_id", "uid", "client", "session"}
	reviewedColumns  = []string{"reviewed", "manual_review", "review", "escalated"}
	correctColumns   = []string{"correct", "right", "accepted"}
	controlNames     = strings.Fields("control baseline base a A 0 old off 对照 对照组")
)

// Arm is one side of an experiment.
type Arm struct {
	Name      string   `json:"name"`
	Users     int      `json:"users"`
	Converted int      `json:"converted"`
	Rate      float64  `json:"rate"`
	Interval  Interval `json:"interval"`
}

// Feedback is what a log of an experiment says.
type Feedback struct {
	Rows      int     `json:"rows"`
	Arms      []Arm   `json:"arms"` // control first
	Uplift    *Uplift `json:"conversion_uplift,omitempty"`
	SRM       *SRM    `json:"sample_ratio,omitempty"`
	Review    *Share  `json:"review_rate,omitempty"`
	Correct   *Share  `json:"correct_rate,omitempty"`
	UsersIn2  int     `json:"users_in_both_arms"` // left out
	Note      string  `json:"note,omitempty"`
	PerWanted int     `json:"users_per_arm_for_10_percent,omitempty"` // to find +10 % relative with power 0.8 at level 0.05
}

// Share is a proportion.
type Share struct {
	Count    int      `json:"count"`
	N        int      `json:"n"`
	Value    float64  `json:"value"`
	Interval Interval `json:"interval"`
}

func shareOf(count, n int) *Share {
	return &Share{count, n, ratio(float64(count), float64(n)), Wilson(count, n)}
}

// Uplift is by how much the second arm converts better than the control.
type Uplift struct {
	Absolute         float64   `json:"absolute"`
	AbsoluteInterval Interval  `json:"absolute_interval"` // Newcombe
	Relative         *float64  `json:"relative,omitempty"`
	RelativeInterval *Interval `json:"relative_interval,omitempty"` // of the log ratio (Katz et al. 1978)
	P                float64   `json:"p"`                           // two-sided, of the pooled score test; valid at a horizon that was fixed before
}

// SRM is the test for a sample-ratio mismatch: whether users were divided as they should. If not, the arms differ by more than
// what they were shown, and no uplift can be read off.
type SRM struct {
	ChiSquared float64 `json:"chi_squared"`
	P          float64 `json:"p"`
	Mismatch   bool    `json:"mismatch"`
}

// mismatchBelow is the usual level of a sample-ratio test: it is made of every experiment, so it must seldom be wrong.
const mismatchBelow = 0.001

// Feedback reads an experiment's log: columns variant and converted (0 or 1), perhaps user (rows of one user count once:
// converted if any is), reviewed and correct (0 or 1). A log without variant gives the review rate alone.
func (t *Records) Feedback(o FeedbackOptions) (*Feedback, error) {
	arm, converted, user := t.Column(armColumns...), t.Column(convertedColumns...), t.Column(userColumns...)
	reviewed, correct := t.Column(reviewedColumns...), t.Column(correctColumns...)
	if reviewed < 0 && (arm < 0 || converted < 0) {
		return nil, fmt.Errorf("%s: expected the columns %q and %q, or %q, got %q", t.Name, armColumns[0], convertedColumns[0], reviewedColumns[0], firstOf(t.Columns, 20))
	}
	f := &Feedback{Rows: len(t.Rows)}
	wrong := faults{name: t.Name}
	flag := func(row, column int) bool {
		switch v := strings.ToLower(t.At(row, column)); v {
		case "1", "true", "yes", "y", "1.0", "是":
			return true
		case "0", "false", "no", "n", "0.0", "否":
		default:
			wrong.add(t.Lines[row], "%s is %q, expected 0 or 1", t.Columns[column], v)
		}
		return false
	}
	share := func(column int) *Share {
		if column < 0 {
			return nil
		}
		count := 0
		for i := range t.Rows {
			if flag(i, column) {
				count++
			}
		}
		return shareOf(count, len(t.Rows))
	}
	f.Review, f.Correct = share(reviewed), share(correct)
	if arm >= 0 && converted >= 0 {
		f.readArms(t, arm, converted, user, flag, &wrong)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if arm < 0 || converted < 0 {
		return f, nil
	}
	return f, f.compare(t.Name, o)
}

// maxArms is the most arms an experiment has.
const maxArms = 20

// readArms counts users and conversions of each arm. Users that saw several arms are left out.
func (f *Feedback) readArms(t *Records, arm, converted, user int, flag func(row, column int) bool, wrong *faults) {
	type person struct {
		arm       string
		converted bool
		twice     bool
	}
	people := map[string]*person{}
	var order []*person
	for i, line := range t.Lines {
		name := t.At(i, arm)
		if name == "" {
			wrong.add(line, "%s is empty", t.Columns[arm])
			continue
		}
		p := &person{arm: name}
		if user >= 0 {
			id := t.At(i, user)
			if id == "" {
				wrong.add(line, "%s is empty", t.Columns[user])
				continue
			}
			if known := people[id]; known != nil {
				p = known
			} else {
				people[id] = p
				order = append(order, p)
			}
		} else {
			order = append(order, p)
		}
		p.twice = p.twice || p.arm != name
		p.converted = flag(i, converted) || p.converted
	}
	for _, p := range order {
		if p.twice {
			f.UsersIn2++
			continue
		}
		i := slices.IndexFunc(f.Arms, func(a Arm) bool { return a.Name == p.arm })
		if i < 0 {
			i = len(f.Arms)
			if f.Arms = append(f.Arms, Arm{Name: p.arm}); i == maxArms {
				wrong.add(1, "more than %d arms", maxArms)
				return
			}
		}
		f.Arms[i].Users++
		if p.converted {
			f.Arms[i].Converted++
		}
	}
	for i := range f.Arms {
		a := &f.Arms[i]
		a.Rate, a.Interval = ratio(float64(a.Converted), float64(a.Users)), Wilson(a.Converted, a.Users)
	}
	slices.SortFunc(f.Arms, func(a, b Arm) int { return strings.Compare(a.Name, b.Name) })
}

// compare puts the control first and computes the uplift of the other arm.
func (f *Feedback) compare(name string, o FeedbackOptions) error {
	i := slices.IndexFunc(f.Arms, func(a Arm) bool {
		if o.Control != "" {
			return a.Name == o.Control
		}
		return slices.Contains(controlNames, a.Name)
	})
	if len(f.Arms) != 2 {
		return fmt.Errorf("%s: %d arms, expected two: a control and what is compared with it", name, len(f.Arms))
	}
	if i < 0 {
		if o.Control != "" {
			return fmt.Errorf("%s: no arm %q, got %q and %q", name, o.Control, f.Arms[0].Name, f.Arms[1].Name)
		}
		return fmt.Errorf("%s: which of %q and %q is the control? name it", name, f.Arms[0].Name, f.Arms[1].Name)
	}
	if i == 1 {
		slices.Reverse(f.Arms)
	}
	split := o.Split
	if split == nil {
		split = []float64{1, 1}
	}
	if len(split) != 2 || !(split[0] > 0 && split[1] > 0) {
		return fmt.Errorf("split %v, expected two positive shares", split)
	}
	c, v := f.Arms[0], f.Arms[1]
	f.SRM = sampleRatio([]int{c.Users, v.Users}, split)
	f.Uplift = uplift(c, v)
	f.PerWanted = usersPerArm(c.Rate, 0.10)
	f.Note = "intervals and p hold for a number of users that was fixed before the experiment"
	if f.SRM.Mismatch {
		f.Note = "users are not divided as they should be: find out why before reading the uplift"
	}
	return nil
}

// sampleRatio is Pearson's χ² test of counts against shares.
func sampleRatio(users []int, shares []float64) *SRM {
	n, total := 0.0, 0.0
	for i, u := range users {
		n += float64(u)
		total += shares[i]
	}
	s := &SRM{}
	for i, u := range users {
		want := n * shares[i] / total
		s.ChiSquared += (float64(u) - want) * (float64(u) - want) / want
	}
	s.P = mathext.GammaIncRegComp(float64(len(users)-1)/2, s.ChiSquared/2)
	s.Mismatch = s.P < mismatchBelow
	return s
}

func uplift(c, v Arm) *Uplift {
	u := &Uplift{Absolute: v.Rate - c.Rate, AbsoluteInterval: Newcombe(c.Converted, c.Users, v.Converted, v.Users), P: 1}
	n1, n2 := float64(c.Users), float64(v.Users)
	pooled := float64(c.Converted+v.Converted) / (n1 + n2)
	if sd := math.Sqrt(pooled * (1 - pooled) * (1/n1 + 1/n2)); sd > 0 {
		u.P = math.Erfc(math.Abs(u.Absolute) / sd / math.Sqrt2)
	}
	if c.Converted > 0 && v.Converted > 0 {
		relative := v.Rate/c.Rate - 1
		half := mathext.NormalQuantile((1+Level)/2) * math.Sqrt(1/float64(c.Converted)-1/n1+1/float64(v.Converted)-1/n2)
		log := math.Log1p(relative)
		u.Relative, u.RelativeInterval = &relative, &Interval{math.Exp(log-half) - 1, math.Exp(log+half) - 1}
	}
	return u
}

// usersPerArm is how many users each arm needs to find a relative uplift of a rate, level 0.05 two-sided, power 0.8; 0 if the
// rate has no such uplift.
func usersPerArm(rate, relative float64) int {
	other := rate * (1 + relative)
	if rate <= 0 || other >= 1 {
		return 0
	}
	za, zb, mean := mathext.NormalQuantile(0.975), mathext.NormalQuantile(0.8), (rate+other)/2
	root := za*math.Sqrt(2*mean*(1-mean)) + zb*math.Sqrt(rate*(1-rate)+other*(1-other))
	return int(math.Ceil(root * root / (other - rate) / (other - rate)))
}

// Measures are the values that targets may be about.
func (f *Feedback) Measures() map[string]Measure {
	out := map[string]Measure{}
	if f.Uplift != nil && f.Uplift.Relative != nil && !f.SRM.Mismatch {
		out["conversion_uplift"] = Measure{*f.Uplift.Relative, f.Uplift.RelativeInterval}
	}
	if f.Review != nil {
		out["review_rate"] = Measure{f.Review.Value, &f.Review.Interval}
	}
	return out
}
