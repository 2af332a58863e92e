package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/bridge"
	"workbell/config"
	"workbell/message"
	"workbell/routes"
	"workbell/source"
	"workbell/transform"
)

// trial is a payload as it would come in, for commands that send nothing.
type trial struct {
	Source  string
	Event   string            // of GitHub, Gitea or Sentry: "pull_request" or "pull_request.opened"
	Headers map[string]string // further headers
	Payload []byte
	At      time.Time
}

// tried is one event of a trial and what the rules make of it.
type tried struct {
	event  *source.Event
	result transform.Result
}

// faults are what went wrong in the source's fields, the rules and the
// templates.
func (t tried) faults() []string {
	all := slices.Clone(t.event.Faults)
	for _, f := range t.result.Faults {
		all = append(all, f.Error())
	}
	return all
}

// trialPlan loads rules and templates for trying: credentials and secrets are
// neither needed nor read, since nothing is received or sent.
func (f fileFlags) trialPlan(env Env) (*routes.Plan, error) {
	files, err := f.files(env, false)
	if err != nil {
		return nil, err
	}
	files.Sandbox, files.Trusted = true, true
	plan, faults := bridge.LoadPlan(files)
	if plan == nil {
		return nil, exit{FellShort, faults.Fatal()}
	}
	return plan, nil
}

// try decodes the payload as its source would and applies the rules.
func (t trial) try(plan *routes.Plan) ([]tried, error) {
	src, ok := plan.Sources[t.Source]
	if !ok {
		var names []string
		for name := range plan.Sources {
			names = append(names, name)
		}
		slices.Sort(names)
		return nil, wrongUse("there is no source %q (%s)", t.Source, config.DidYouMean(t.Source, names))
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if t.Event != "" {
		event, _, _ := strings.Cut(t.Event, ".")
		for _, name := range source.EventHeaders() {
			h.Set(name, event)
		}
		h.Set("X-GitHub-Delivery", "trial")
	} else if src.Kind() == source.GitHub && t.Headers["X-GitHub-Event"] == "" {
		return nil, wrongUse("a GitHub payload does not tell its event: name it with --event, for example --event pull_request")
	}
	for k, v := range t.Headers {
		h.Set(k, v)
	}
	events, err := src.Decode(h, t.Payload, t.At)
	if err != nil {
		return nil, fellShort("the source %q refuses the payload: %w", t.Source, err)
	}
	all := make([]tried, len(events))
	for i, ev := range events {
		all[i] = tried{ev, plan.Transform.Explain(ev, t.At)}
	}
	return all, nil
}

// refs lists recipients as rules.yaml would write them.
func refs(to message.Recipients) []string {
	if to.Everyone {
		return []string{"everyone"}
	}
	var list []string
	for _, u := range to.Users {
		list = append(list, "user:"+u)
	}
	for _, d := range to.Depts {
		list = append(list, "dept:"+strconv.FormatInt(d.ID, 10))
	}
	for _, m := range to.Mobiles {
		list = append(list, "mobile:"+m)
	}
	return list
}

// parseTime reads --at; empty is now.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is not a time such as 2026-11-22T03:00:00+08:00", text)
	}
	return t, nil
}
