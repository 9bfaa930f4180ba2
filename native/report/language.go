package report

import "html/template"

// words is a text in both languages.
type words struct{ en, zh string }

func (w words) of(chinese bool) string {
	if chinese {
		return w.zh
	}
	return w.en
}

// both is the text in both languages, of which the page shows one.
func (w words) both() template.HTML {
	if w.en == w.zh {
		return template.HTML(template.HTMLEscapeString(w.en))
	}
	return template.HTML(`<span class="en">` + template.HTMLEscapeString(w.en) + `</span><span class="zh">` + template.HTMLEscapeString(w.zh) + `</span>`)
}

// The words of reports.
var (
	wTargets     = words{"Targets", "目标"}
	wTarget      = words{"target", "目标"}
	wWanted      = words{"wanted", "要求"}
	wMeasured    = words{"measured", "实测"}
	wInterval    = words{"95 % interval", "95 % 置信区间"}
	wVerdict     = words{"verdict", "结论"}
	wMetrics     = words{"Metrics", "指标"}
	wMetric      = words{"metric", "指标"}
	wValue       = words{"value", "数值"}
	wClasses     = words{"Classes", "各类别"}
	wClass       = words{"class", "类别"}
	wPrecision   = words{"precision", "精确率"}
	wRecall      = words{"recall", "召回率"}
	wAccuracy    = words{"accuracy", "准确率"}
	wF1          = words{"F1", "F1"}
	wSupport     = words{"labels", "真实数"}
	wPredicted   = words{"predictions", "预测数"}
	wConfusion   = words{"Confusion matrix", "混淆矩阵"}
	wTrueRow     = words{"true \\ predicted", "真实 \\ 预测"}
	wErrors      = words{"Errors, the surest first", "错误(按置信度从高到低)"}
	wText        = words{"text", "文本"}
	wLabel       = words{"label", "标签"}
	wPred        = words{"prediction", "预测"}
	wConfidence  = words{"confidence", "置信度"}
	wReliability = words{"Reliability", "可靠性"}
	wROC         = words{"ROC", "ROC 曲线"}
	wPR          = words{"Precision and recall", "精确率–召回率"}
	wRisk        = words{"Risk over coverage", "风险–覆盖率"}
	wRiskAxis    = words{"share of errors among the accepted", "自动通过部分的错误率"}
	wCoverage    = words{"share accepted without a person", "自动通过的比例"}
	wFPR         = words{"false positive rate", "假正率"}
	wTPR         = words{"true positive rate", "真正率"}
	wBudget      = words{"Review budget", "审核预算"}
	wReviewed    = words{"reviewed", "人工审核"}
	wThreshold   = words{"threshold", "阈值"}
	wWrongOfAll  = words{"wrong of all rows", "占全部行的错误"}
	wSpeed       = words{"Speed and memory", "速度与内存"}
	wFeedback    = words{"Feedback", "反馈"}
	wComparison  = words{"Comparison", "比较"}
	wMethod      = words{"system", "系统"}
	wLatency     = words{"median latency ms", "中位延迟 ms"}
	wThroughput  = words{"texts/s", "文本/秒"}
	wMemory      = words{"peak memory", "内存峰值"}
	wTraining    = words{"training", "训练"}
	wTrainable   = words{"trained parameters", "训练参数"}
	wAdapterSize = words{"adapter", "适配器"}
	wFixed       = words{"fixed", "修正"}
	wBroken      = words{"broken", "变错"}
	wPair        = words{"from → to", "从 → 到"}
	wHolm        = words{"p (McNemar, Holm)", "p(McNemar,Holm 校正)"}
	wSignificant = words{"significant", "显著"}
	wYes         = words{"yes", "是"}
	wNo          = words{"no", "否"}
	wWarnings    = words{"Worth knowing", "注意"}
	wOffered     = words{"offered requests/s", "负载(请求/秒)"}
	wAchieved    = words{"achieved", "达到"}
	wInTime      = words{"in time", "按时完成"}
	wItems       = words{"Rows that change", "变化的行"}
	wUplift      = words{"conversion uplift, relative", "转化提升(相对)"}
	wSampleRatio = words{"sample ratio", "样本比例"}
	wGuarantee   = words{"guaranteed at most", "保证至多"}
	wTemperature = words{"Temperature", "温度"}
)

// verdictWords are what a person reads.
var verdictWords = map[string]words{"pass": {"pass", "通过"}, "fail": {"fail", "未通过"}, "not enough data": {"not enough data", "数据不足"}, "not measured": {"not measured", "未测量"}}
