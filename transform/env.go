package transform

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/types"

	"workbell/source"
)

// Bounds of what an expression may take.
const (
	maxNodes     = 1000    // of an expression
	memoryBudget = 200_000 // elements that an evaluation may make
	maxNesting   = 2       // of all(), any(), filter() … in one another
)

// alert is one alert of `alerts`, with the names that the payload has.
type alert struct {
	Status       string            `expr:"status"`
	Labels       map[string]string `expr:"labels"`
	Annotations  map[string]string `expr:"annotations"`
	StartsAt     time.Time         `expr:"startsAt"`
	EndsAt       time.Time         `expr:"endsAt"`
	GeneratorURL string            `expr:"generatorURL"`
	Fingerprint  string            `expr:"fingerprint"`
}

// A binding is one name that expressions may use. Its value is taken from an
// event when an expression that uses it is about to run, so that no payload is
// decoded for nothing.
type binding struct {
	name string
	kind types.Type
	get  func(*source.Event) any
}

var (
	aText   = types.String
	aLabels = types.TypeOf(map[string]string{})
)

// bindings are the names of events in `when`, `to` and `msgtype`. A new one is
// a line here.
var bindings = []binding{
	{"source", aText, func(e *source.Event) any { return e.Source }},
	{"kind", aText, func(e *source.Event) any { return e.Kind }},
	{"event", aText, func(e *source.Event) any { return e.Name }},
	{"status", aText, func(e *source.Event) any { return e.Status }},
	{"severity", aText, func(e *source.Event) any { return e.Severity }},
	{"title", aText, func(e *source.Event) any { return e.Title }},
	{"text", aText, func(e *source.Event) any { return e.Text }},
	{"url", aText, func(e *source.Event) any { return e.URL }},
	{"groupKey", aText, func(e *source.Event) any { return e.GroupKey }},
	{"labels", aLabels, func(e *source.Event) any { return e.Labels }},
	{"headers", aLabels, func(e *source.Event) any { return e.Headers }},
	{"payload", types.Any, func(e *source.Event) any { return e.Payload() }},
	{"item", types.Any, func(e *source.Event) any { return e.ItemValue() }},
	{"receiver", aText, func(e *source.Event) any { return notification(e).Receiver }},
	{"alerts", types.TypeOf([]alert{}), func(e *source.Event) any { return alertsOf(e) }},
	{"groupLabels", aLabels, func(e *source.Event) any { return map[string]string(notification(e).GroupLabels) }},
	{"commonLabels", aLabels, func(e *source.Event) any { return map[string]string(notification(e).CommonLabels) }},
	{"commonAnnotations", aLabels, func(e *source.Event) any { return map[string]string(notification(e).CommonAnnotations) }},
	{"externalURL", aText, func(e *source.Event) any { return notification(e).ExternalURL }},
	{"action", aText, func(e *source.Event) any { return e.Action }},
	{"repository", aText, func(e *source.Event) any { return e.Repository }},
	{"sender", aText, func(e *source.Event) any { return e.Sender }},
	{"ref", aText, func(e *source.Event) any { return e.Ref }},
}

var nothing source.Notification

// notification is the event's, or an empty one, so that a rule may ask any
// event for its labels.
func notification(e *source.Event) *source.Notification {
	if e.Alerts == nil {
		return &nothing
	}
	return e.Alerts
}

// alertsOf are of type any, each an alert, since expr would otherwise make one anew
// for every rule that looks at it.
func alertsOf(e *source.Event) []any {
	list := notification(e).Alerts
	out := make([]any, len(list))
	for i, a := range list {
		out[i] = alert{a.Status, a.Labels, a.Annotations, a.StartsAt, a.EndsAt, a.GeneratorURL, a.Fingerprint}
	}
	return out
}

// environment is the type of all expressions: the bindings and the functions
// of time, which each runner makes its own.
func environment() types.Map {
	env := types.Map{
		"hour":    types.TypeOf(func() int { return 0 }),
		"weekday": types.TypeOf(func() string { return "" }),
		"between": types.TypeOf(func(string, string) (bool, error) { return false, nil }),
		"now":     types.TypeOf(time.Now),
	}
	for _, b := range bindings {
		env[b.name] = b.kind
	}
	return env
}

// names are all names that an expression may begin with, for suggestions.
func names() []string {
	list := []string{"user", "dept", "group", "person", "everyone"}
	for name := range environment() {
		list = append(list, name)
	}
	return list
}

// clock gives the functions of time for the time of one event.
type clock struct {
	now  time.Time
	zone *time.Location
}

func (c *clock) hour() int           { return c.now.In(c.zone).Hour() }
func (c *clock) weekday() string     { return strings.ToLower(c.now.In(c.zone).Weekday().String()) }
func (c *clock) localNow() time.Time { return c.now.In(c.zone) }

// between says whether it is from one time of day until, not including,
// another: between("22:00", "06:00") is the night.
func (c *clock) between(from, to string) (bool, error) {
	a, err := timeOfDay(from)
	if err != nil {
		return false, err
	}
	b, err := timeOfDay(to)
	if err != nil {
		return false, err
	}
	local := c.now.In(c.zone)
	at := local.Hour()*60 + local.Minute()
	if a <= b {
		return a <= at && at < b, nil
	}
	return at >= a || at < b, nil
}

// timeOfDay reads "09:00" as minutes; "24:00" is the end of the day.
func timeOfDay(s string) (int, error) {
	h, m, ok := strings.Cut(s, ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || len(m) != 2 || hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return 0, fmt.Errorf("between: %q is no time of day: write it as \"09:00\"", s)
	}
	return hour*60 + minute, nil
}

// options are those of every expression.
func options(b *book) []expr.Option {
	return append(b.functions(),
		expr.Env(environment()),
		expr.DisableBuiltin("now"), // reads the clock; ours is the event's time
		expr.MaxNodes(maxNodes),
	)
}
