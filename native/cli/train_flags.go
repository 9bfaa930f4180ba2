package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"graft/native/recipe"
)

// recipeFlags adds a flag for every key of a recipe to f. The function it returns sets in a recipe what was given.
func (a *app) recipeFlags(f *pflag.FlagSet) (apply func(*recipe.Recipe) error) {
	given := recipe.Defaults() // flags are checked while they are parsed, before the recipe file is read
	for _, g := range recipe.Groups {
		for _, k := range g.Keys {
			v := k.Value(&given)
			flag := f.VarPF(v, dashes(k.Name), "", a.lang.of(text{k.En, k.Zh}))
			flag.Annotations = map[string][]string{groupKey: {a.lang.of(text{g.En, g.Zh})}}
			if v.IsBoolFlag() {
				flag.NoOptDefVal = "true"
			}
			if k.Also != "" {
				flag.Annotations[alsoKey] = []string{dashes(k.Also)}
				also := f.VarPF(v, dashes(k.Also), "", "")
				also.Hidden, also.NoOptDefVal = true, flag.NoOptDefVal
			}
		}
	}
	return func(r *recipe.Recipe) error {
		for _, g := range recipe.Groups {
			for _, k := range g.Keys {
				if !f.Changed(dashes(k.Name)) && (k.Also == "" || !f.Changed(dashes(k.Also))) {
					continue
				}
				if err := k.Value(r).Set(k.Value(&given).String()); err != nil {
					return fmt.Errorf("--%s: %w", dashes(k.Name), err)
				}
			}
		}
		return nil
	}
}

func dashes(key string) string { return strings.ReplaceAll(key, "_", "-") }
