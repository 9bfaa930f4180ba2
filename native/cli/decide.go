package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/api"
)

// deciding is the command line of decide.
type deciding struct {
	request api.DecideRequest
	chat    bool
	scale   string
	yesNo   bool
	asJSON  bool
}

func (a *app) decide() *cobra.Command {
	var d deciding
	var m *modelFlags
	cmd := a.command("decide", text{"choose among answers, with the probability of each", "在给定答案中选择,并给出各自的概率"},
		text{"decide tells which of several answers the model would give, without generating: the prompt is read once and the answers\nare compared by their probabilities. --scale 1-5 asks for a number and gives its expectation, --yes-no for yes or no.\nMass is how likely the model was to say one of the answers at all: near 0 the prompt does not ask for them.",
			"decide 判断模型会给出哪个答案,不做生成:提示只读一次,按概率比较各答案。\n--scale 1-5 要求打分并给出期望值,--yes-no 要求是或否。\nmass 是模型说出其中任一答案的概率:接近 0 表示提示并没有在问这些答案。"},
		"graft decide --model smollm2.gguf --prompt \"评论:很好用。情感:\" --choice 正面 --choice 负面\ngraft decide --model smollm2.gguf --chat --prompt \"Rate from 1 to 5: great!\" --scale 1-5 --json",
		func(ctx context.Context, _ []string) error { return a.runDecide(ctx, m, d) })
	m = a.modelFlags(cmd, answering)
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&d.request.Prompt, "prompt", "", of(text{"text the answer follows; - reads standard input", "答案之前的文本;- 表示从标准输入读取"}))
	f.BoolVar(&d.chat, "chat", false, of(text{"put the prompt as a user's message, by the model's chat template", "按模型的对话模板把提示作为用户消息"}))
	f.StringSliceVar(&d.request.Choices, "choice", nil, of(text{"answer to choose from; several with commas, or the flag again", "候选答案;可用逗号分隔,也可多次给出"}))
	f.StringVar(&d.scale, "scale", "", of(text{"answers are the whole numbers from a to b, as a-b", "答案为 a 到 b 的整数,形如 a-b"}))
	f.BoolVar(&d.yesNo, "yes-no", false, of(text{"answers are yes and no, or 是 and 否 after a Chinese prompt", "答案为是与否;提示为英文时为 yes 与 no"}))
	f.StringVar(&d.request.Normalize, "normalize", "", of(text{"divide log-probabilities by the length in tokens or bytes; default: not at all", "对数概率除以长度:tokens 或 bytes(默认不除)"}))
	f.BoolVar(&d.asJSON, "json", false, of(msgJSON))
	return cmd
}

func (a *app) runDecide(ctx context.Context, m *modelFlags, d deciding) error {
	r := d.request
	if r.Prompt == "-" {
		data, err := a.readInput("-")
		if err != nil {
			return err
		}
		r.Prompt = string(data)
	}
	if r.Prompt == "" {
		return usagef("--prompt is empty")
	}
	if err := d.answers(&r); err != nil {
		return err
	}
	if d.chat {
		r.Messages, r.Prompt = []api.Message{{Role: "user", Content: r.Prompt}}, ""
	}
	o, err := a.open(m)
	if err != nil {
		return err
	}
	defer o.Close()
	g, err := o.generator(&samplingFlags{cacheType: "f16"})
	if err != nil {
		return err
	}
	defer g.Close()
	out, err := g.Decide(ctx, r)
	if err != nil {
		return err
	}
	if d.asJSON {
		return a.printJSON(out)
	}
	return a.printDecision(out)
}

// maxScale is the most numbers of a scale.
const maxScale = 101

// answers are the choices that the flags ask for.
func (d *deciding) answers(r *api.DecideRequest) error {
	given := 0
	for _, is := range []bool{len(r.Choices) > 0, d.scale != "", d.yesNo} {
		if is {
			given++
		}
	}
	if given != 1 {
		return usagef("expected one of --choice, --scale and --yes-no")
	}
	if d.yesNo {
		if r.Choices = []string{"yes", "no"}; strings.ContainsFunc(r.Prompt, func(c rune) bool { return c >= 0x4E00 && c <= 0x9FFF }) {
			r.Choices = []string{"是", "否"}
		}
	}
	if d.scale != "" {
		low, high, ok := strings.Cut(d.scale, "-")
		from, err := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if !ok || err != nil || err2 != nil || from >= to || to-from >= maxScale {
			return usagef("--scale is %q, expected two whole numbers such as 1-5", d.scale)
		}
		for i := from; i <= to; i++ {
			r.Choices, r.Values = append(r.Choices, strconv.Itoa(i)), append(r.Values, float64(i))
		}
	}
	return nil
}

func (a *app) printDecision(d api.Decision) error {
	order := slices.Clone(d.Choices)
	if d.Expectation == nil {
		slices.SortStableFunc(order, func(x, y api.Choice) int { return cmp.Compare(y.Probability, x.Probability) })
	}
	for _, c := range order {
		style := term.Dim
		if c.Text == d.Choice {
			style = term.Bold
		}
		if _, err := fmt.Fprintf(a.Stdout, "%.4f\t%s\n", c.Probability, a.out.Paint(style, term.Clean(c.Text))); err != nil {
			return err
		}
	}
	if d.Expectation != nil {
		fmt.Fprintf(a.Stdout, "%s\t%.4f\n", a.lang.of(text{"expectation", "期望值"}), *d.Expectation)
	}
	a.note(text{"mass %.4f, %d prompt tokens, %d passes, %.1f ms", "mass %.4f,提示 %d 个 token,%d 次前向,%.1f 毫秒"}, d.Mass, d.PromptTokens, d.Passes, d.MS)
	return nil
}
