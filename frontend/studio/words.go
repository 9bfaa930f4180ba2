package studio

import "graft/shared/prompt"

// words are all texts of the studio in both languages, by page.
var words = map[string]prompt.Bilingual{
	// The frame.
	"title":          {En: "Graft Studio", Zh: "Graft 工作室"},
	"page.write":     {En: "Write", Zh: "编写"},
	"page.compare":   {En: "Compare", Zh: "对比"},
	"page.versions":  {En: "Versions", Zh: "版本"},
	"page.adapters":  {En: "Models and adapters", Zh: "模型与适配器"},
	"page.settings":  {En: "Settings", Zh: "设置"},
	"language.other": {En: "中文", Zh: "English"},
	"skip":           {En: "Skip to the page", Zh: "跳到正文"},
	"offline":        {En: "Everything stays on this device and works without a network.", Zh: "所有数据都留在本机,断网也能使用。"},
	"error.close":    {En: "Close", Zh: "关闭"},
	"saved":          {En: "Saved", Zh: "已保存"},
	"saving":         {En: "Saving…", Zh: "正在保存…"},
	"broken":         {En: "Some kept prompts could not be read; they were left as they are:", Zh: "有些已保存的提示词无法读取,已原样保留:"},

	// The library.
	"library":          {En: "Prompts", Zh: "提示词"},
	"library.search":   {En: "Search", Zh: "搜索"},
	"library.new":      {En: "New prompt", Zh: "新建提示词"},
	"library.blank":    {En: "An empty prompt", Zh: "空白提示词"},
	"library.empty":    {En: "Nothing here yet. Begin with a template.", Zh: "这里还没有内容。可以从模板开始。"},
	"library.none":     {En: "No prompt has these words.", Zh: "没有符合的提示词。"},
	"library.root":     {En: "Without a folder", Zh: "未归类"},
	"library.delete":   {En: "Delete", Zh: "删除"},
	"library.sure":     {En: "Delete this prompt and all its versions?", Zh: "删除该提示词及其全部版本?"},
	"library.untitled": {En: "Untitled", Zh: "未命名"},
	"library.export":   {En: "Save as a file", Zh: "存为文件"},
	"library.share":    {En: "Copy a link", Zh: "复制分享链接"},
	"library.shared":   {En: "The link is in the clipboard. It holds the prompt itself.", Zh: "链接已复制,提示词就包含在链接里。"},

	// Writing.
	"write.name":      {En: "Name", Zh: "名称"},
	"write.folder":    {En: "Folder", Zh: "文件夹"},
	"write.text":      {En: "Prompt", Zh: "提示词内容"},
	"write.variables": {En: "Variables", Zh: "变量"},
	"write.none":      {En: "The prompt has no variables. Write {{name}} to make one.", Zh: "还没有变量。写上 {{名称}} 就会出现。"},
	"write.messages":  {En: "What the model gets", Zh: "模型收到的内容"},
	"write.tokens":    {En: "tokens", Zh: "个词元"},
	"write.about":     {En: "about", Zh: "约"},
	"write.findings":  {En: "Advice", Zh: "建议"},
	"write.clean":     {En: "Nothing to mend.", Zh: "没有需要修改的地方。"},
	"write.fix":       {En: "Mend", Zh: "修正"},
	"write.keep":      {En: "Keep as a version", Zh: "存为版本"},
	"write.note":      {En: "What changed", Zh: "改了什么"},

	// Answers.
	"run":             {En: "Run", Zh: "运行"},
	"run.stop":        {En: "Stop", Zh: "停止"},
	"run.answer":      {En: "Answer", Zh: "回答"},
	"run.empty":       {En: "Press Run, or Ctrl+Enter in the text.", Zh: "点击运行,或在正文里按 Ctrl+Enter。"},
	"run.base":        {En: "no adapter", Zh: "不用适配器"},
	"run.speed":       {En: "tokens a second", Zh: "词元/秒"},
	"run.first":       {En: "ms to the first", Zh: "毫秒出首词"},
	"run.length":      {En: "The answer was cut at the limit of tokens.", Zh: "回答达到长度上限,被截断。"},
	"run.model":       {En: "Open a model first", Zh: "请先打开模型"},
	"compare.add":     {En: "Add a column", Zh: "增加一列"},
	"compare.remove":  {En: "Remove the column", Zh: "删除该列"},
	"compare.all":     {En: "Run all", Zh: "全部运行"},
	"compare.prompt":  {En: "Prompt", Zh: "提示词"},
	"compare.adapter": {En: "Adapter", Zh: "适配器"},
	"compare.explain": {En: "The same values go into every column.", Zh: "每一列使用同样的变量值。"},

	// Versions.
	"versions.none":    {En: "No version was kept yet.", Zh: "还没有保存过版本。"},
	"versions.restore": {En: "Restore", Zh: "恢复"},
	"versions.changes": {En: "Changes since then", Zh: "此后的改动"},

	// Models.
	"model.open":     {En: "Open", Zh: "打开"},
	"model.place":    {En: "Model: embedded, a URL of a GGUF file or of a folder", Zh: "模型:embedded,或 GGUF 文件、文件夹的网址"},
	"model.none":     {En: "no model is open", Zh: "未打开模型"},
	"model.opening":  {En: "opening", Zh: "正在打开"},
	"adapter.name":   {En: "Name", Zh: "名称"},
	"adapter.place":  {En: "PEFT folder: a URL", Zh: "PEFT 文件夹的网址"},
	"adapter.add":    {En: "Add", Zh: "添加"},
	"adapter.remove": {En: "Remove", Zh: "移除"},
	"adapter.none":   {En: "No adapter is loaded.", Zh: "没有加载适配器。"},

	// Settings.
	"settings.theme":       {En: "Theme", Zh: "主题"},
	"settings.system":      {En: "as the system", Zh: "跟随系统"},
	"settings.light":       {En: "light", Zh: "浅色"},
	"settings.dark":        {En: "dark", Zh: "深色"},
	"settings.language":    {En: "Language", Zh: "语言"},
	"settings.threads":     {En: "Threads (0: one a core but one)", Zh: "线程数(0:核数减一)"},
	"settings.max_tokens":  {En: "Longest answer in tokens", Zh: "回答的最大词元数"},
	"settings.temperature": {En: "Temperature (0: the most likely text)", Zh: "温度(0:最可能的文本)"},
}
