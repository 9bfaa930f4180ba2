package cli

// The notes of more than one command.
var (
	msgUsage    = text{"Usage", "用法"}
	msgExamples = text{"Examples", "示例"}
	msgCommands = text{"Commands", "命令"}
	msgFlags    = text{"Flags", "选项"}
	msgSeeHelp  = text{"%s --help tells more", "详见 %s --help"}
	msgError    = text{"error:", "错误:"}
	msgStopped  = text{"stopped", "已停止"}

	msgExitCodes = text{
		"Exit codes: 0 done, 1 failed, 2 wrong use of the command line, 130 stopped by Ctrl-C",
		"退出码:0 成功,1 失败,2 命令行用法有误,130 被 Ctrl-C 停止"}

	msgJSON = text{"print JSON, one value a line, and nothing else on standard output", "在标准输出只打印 JSON,每行一个值"}

	msgMetric   = text{"metric", "指标"}
	msgValue    = text{"value", "数值"}
	msgInterval = text{"95 % interval", "95 % 置信区间"}
)
