package transform

// ruleNames are what docs/reference/rules.md says of the names of expressions,
// in the order of the page.
var ruleNames = []entry{
	{name: "source", about: "the source's name in rules.yaml"},
	{name: "kind", about: "the source's type: `alertmanager`, `github`, `json` …"},
	{name: "event", about: "the sender's word for what happened; Alertmanager has none"},
	{name: "status", about: "`firing` or `resolved`; or the sender's word; or nothing"},
	{name: "severity", about: "the label of that name; GitHub's and other senders' as their sources say"},
	{name: "title", about: "one line"},
	{name: "text", about: "what there is to say besides"},
	{name: "url", about: "where to see all of it"},
	{name: "groupKey", about: "what belongs together: a resolved event ends the firing ones of its group"},
	{name: "labels", about: "Alertmanager: the labels that all alerts of the notification share; others: what their sources say"},
	{name: "headers", about: "of the request, without credentials; several values with commas"},
	{name: "payload", about: "the JSON as it came; say `kind == …` before, since each sender has its own"},
	{name: "item", about: "with `each`: the element"},
	{name: "receiver", about: "Alertmanager: its receiver"},
	{name: "alerts", about: "Alertmanager: `any(alerts, .labels.instance == \"db-1\")`"},
	{name: "groupLabels", about: "Alertmanager: what its `group_by` names"},
	{name: "commonLabels", about: "Alertmanager: the same as `labels`"},
	{name: "commonAnnotations", about: "Alertmanager: what all alerts share"},
	{name: "externalURL", about: "Alertmanager's own address"},
	{name: "action", about: "GitHub: what was done: `opened`"},
	{name: "repository", about: "GitHub: owner and name"},
	{name: "sender", about: "GitHub: the login of who did it"},
	{name: "ref", about: "GitHub: the branch or tag"},
}

// ruleFunctions are what the page says of the functions.
var ruleFunctions = []entry{
	{"user", "people by their user ids in DingTalk", `user(labels.owner)`},
	{"dept", "departments by number; `dept(1)`, which is everyone, only from a group of rules.yaml", `dept(1001)`},
	{"group", "groups of rules.yaml; refuses one that holds everyone, and fails where there is none", `group("team-" + labels.team)`},
	{"person", "people by their names in `people`; fails for a name that is not there", `person(sender)`},
	{"everyone", "the whole organisation; needs a group that says `everyone: true`", `everyone()`},
	{"hour", "the hour, 0 to 23", `hour()`},
	{"weekday", "the day's name in English, lower case", `weekday()`},
	{"between", "whether it is from one time of day until, not including, another; over midnight, too", `between("09:00", "18:00")`},
	{"now", "when the event came", `now().Format("15:04")`},
}
