package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"workbell/message"
	"workbell/routes"
)

type renderCmd struct {
	fileFlags
	outputFlag
	Source  string            `required:"" placeholder:"NAME" help:"The source, by its name in rules.yaml."`
	Event   string            `placeholder:"E" help:"GitHub, Gitea, Sentry: the event, such as push or pull_request.opened."`
	Header  map[string]string `placeholder:"NAME=VALUE" help:"A further header of the request; may be repeated."`
	At      string            `placeholder:"TIME" help:"When it happens (RFC 3339), for hour(), weekday() and between(). Default: now."`
	Payload string            `arg:"" name:"payload" help:"The webhook's body: a file, or - for standard input."`
}

// Run prints what would become of the payload.
func (c *renderCmd) Run(env Env) error {
	at, err := parseTime(c.At)
	if err != nil {
		return wrongUse("--at: %w", err)
	}
	body, err := readPayload(env.Stdin, c.Payload)
	if err != nil {
		return wrongUse("%w", err)
	}
	plan, err := c.trialPlan(env)
	if err != nil {
		return err
	}
	all, err := try(routes.Trial{Source: c.Source, Event: c.Event, Headers: c.Header, Payload: body, At: at}, plan)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		out := []routes.Preview{}
		for _, t := range all {
			out = append(out, t.Preview(plan))
		}
		enc := json.NewEncoder(env.Stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(out)
	}
	if len(all) == 0 {
		_, _ = fmt.Fprintln(env.Stdout, "the payload holds no event")
	}
	for _, t := range all {
		printPreview(env.Stdout, t.Preview(plan))
	}
	return nil
}

// printPreview prints it for people.
func printPreview(w io.Writer, r routes.Preview) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	p("event: %s", r.Event)
	for _, s := range r.Rules {
		mark := "✗"
		if s.Matched {
			mark = "✓"
		}
		p("  %s %s: %s", mark, s.Rule, s.Why)
	}
	for _, f := range r.Faults {
		p("  ! %s", f)
	}
	if len(r.Messages) == 0 {
		p("nothing would be sent")
	}
	for i, m := range r.Messages {
		p("message %d of %d: rule %s, %s, %d of %d bytes, app %s, %s", i+1, len(r.Messages), m.Rule, m.Msgtype, m.Bytes, message.MaxBytes, m.App, count(m.Calls, "call"))
		p("  to %s", strings.Join(m.To, ", "))
		if m.IfUnamended {
			p("  only if there is no status bar to turn instead")
		}
		p("  %s", m.Msg)
	}
}

// maxPayload is the most that a payload's file may have; GitHub sends at most
// 25 MiB.
const maxPayload = 25 << 20

func readPayload(stdin io.Reader, name string) ([]byte, error) {
	r := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("reading the payload: %w", err)
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	body, err := io.ReadAll(io.LimitReader(r, maxPayload+1))
	if err == nil && len(body) > maxPayload {
		err = fmt.Errorf("more than %d bytes", maxPayload)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the payload %s: %w", name, err)
	}
	return body, nil
}
