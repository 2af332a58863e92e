package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"gopkg.in/yaml.v3"

	"workbell/routes"
	"workbell/transform"
)

type testCmd struct {
	fileFlags
	outputFlag
	Files []string `arg:"" name:"file" help:"Files with tests."`
}

// testFile is a file of tests. Unknown keys are errors.
type testFile struct {
	Tests []ruleTest `yaml:"tests"`
}

// ruleTest is one payload and what must be sent for it.
type ruleTest struct {
	Name        string            `yaml:"name"`
	Source      string            `yaml:"source"`
	Event       string            `yaml:"event"` // GitHub, Gitea, Sentry
	Headers     map[string]string `yaml:"headers"`
	At          string            `yaml:"at"`      // RFC 3339
	Payload     any               `yaml:"payload"` // YAML or JSON
	PayloadFile string            `yaml:"payload_file"`
	Want        []wantMessage     `yaml:"want"` // in order; [] means that nothing is sent
}

// wantMessage is what one message must be; what is left out is not compared.
type wantMessage struct {
	Rule     string   `yaml:"rule"`
	App      string   `yaml:"app"`
	Msgtype  string   `yaml:"msgtype"`
	To       []string `yaml:"to"` // user:u1, dept:1001, everyone, in any order
	Contains []string `yaml:"contains"`
	Lacks    []string `yaml:"lacks"`
	Msg      any      `yaml:"msg"` // the exact body
}

// testResult is one test as --output=json prints it.
type testResult struct {
	File string `json:"file"`
	Test string `json:"test"`
	OK   bool   `json:"ok"`
	Diff string `json:"diff,omitempty"`
}

// Run runs every test of every file; it fails if one fails.
func (c *testCmd) Run(env Env) error {
	plan, err := c.trialPlan(env)
	if err != nil {
		return err
	}
	results := []testResult{}
	failed := 0
	for _, name := range c.Files {
		f, err := readTests(name)
		if err != nil {
			return wrongUse("%w", err)
		}
		for _, t := range f.Tests {
			r := testResult{File: name, Test: t.Name, Diff: t.run(plan, filepath.Dir(name))}
			r.OK = r.Diff == ""
			if !r.OK {
				failed++
			}
			results = append(results, r)
		}
	}
	if c.Output == "json" {
		if err := json.NewEncoder(env.Stdout).Encode(results); err != nil {
			return err
		}
	} else {
		printTests(env.Stdout, results, failed)
	}
	if failed > 0 {
		return errSaid
	}
	return nil
}

func printTests(w io.Writer, results []testResult, failed int) {
	for _, r := range results {
		if r.OK {
			_, _ = fmt.Fprintf(w, "ok    %s: %s\n", r.File, r.Test)
			continue
		}
		_, _ = fmt.Fprintf(w, "FAIL  %s: %s\n%s\n", r.File, r.Test, indent(r.Diff))
	}
	_, _ = fmt.Fprintf(w, "%d passed, %d failed\n", len(results)-failed, failed)
}

func indent(text string) string {
	return "      " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n      ")
}

func readTests(name string) (testFile, error) {
	var f testFile
	data, err := os.ReadFile(name)
	if err != nil {
		return f, fmt.Errorf("reading tests: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return f, fmt.Errorf("reading tests: %s: %w", name, err)
	}
	if len(f.Tests) == 0 {
		return f, fmt.Errorf("%s holds no tests; write them below `tests:`", name)
	}
	return f, nil
}

// run returns what is not as wanted, or "".
func (t ruleTest) run(plan *routes.Plan, dir string) string {
	at, err := parseTime(t.At)
	if err != nil {
		return "at: " + err.Error()
	}
	payload, err := t.payload(dir)
	if err != nil {
		return err.Error()
	}
	all, err := try(routes.Trial{Source: t.Source, Event: t.Event, Headers: t.Headers, Payload: payload, At: at}, plan)
	if err != nil {
		return err.Error()
	}
	var got []transform.Message
	for _, e := range all {
		got = append(got, e.Result.Messages...)
	}
	var wrong []string
	for i, m := range got {
		if i < len(t.Want) {
			wrong = append(wrong, t.Want[i].compare(i+1, m)...)
		} else {
			wrong = append(wrong, fmt.Sprintf("message %d is not wanted: rule %s, %s, to %s", i+1, m.Rule, m.Msgtype, strings.Join(routes.References(m.To), ", ")))
		}
	}
	for i := len(got); i < len(t.Want); i++ {
		wrong = append(wrong, fmt.Sprintf("message %d is missing: rule %s", i+1, t.Want[i].Rule))
	}
	if len(wrong) > 0 {
		wrong = append(wrong, whyNot(all)...)
	}
	return strings.Join(wrong, "\n")
}

// whyNot explains the rules, since that is the next question.
func whyNot(all []routes.Tried) []string {
	var lines []string
	for _, t := range all {
		for _, s := range t.Result.Trace {
			lines = append(lines, fmt.Sprintf("rule %s: %s", s.Rule, s.Why))
		}
		for _, f := range t.Faults() {
			lines = append(lines, "fault: "+f)
		}
	}
	return lines
}

func (t ruleTest) payload(dir string) ([]byte, error) {
	switch {
	case t.PayloadFile != "" && t.Payload != nil:
		return nil, errors.New("payload and payload_file are both given")
	case t.PayloadFile != "":
		name := t.PayloadFile
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return readPayload(nil, name)
	case t.Payload != nil:
		return json.Marshal(t.Payload)
	}
	return nil, errors.New("neither payload nor payload_file is given")
}

func (w wantMessage) compare(n int, m transform.Message) []string {
	var wrong []string
	differ := func(what, want, got string) {
		if want != "" && want != got {
			wrong = append(wrong, fmt.Sprintf("message %d, %s: want %s, got %s", n, what, want, got))
		}
	}
	differ("rule", w.Rule, m.Rule)
	differ("app", w.App, m.App)
	differ("msgtype", w.Msgtype, m.Msgtype)
	if w.To != nil {
		want, got := slices.Sorted(slices.Values(w.To)), slices.Sorted(slices.Values(routes.References(m.To)))
		differ("to", "["+strings.Join(want, ", ")+"]", "["+strings.Join(got, ", ")+"]")
	}
	text := readable(m.Body)
	for _, part := range w.Contains {
		if !strings.Contains(text, part) {
			wrong = append(wrong, fmt.Sprintf("message %d lacks %q:\n%s", n, part, text))
		}
	}
	for _, part := range w.Lacks {
		if strings.Contains(text, part) {
			wrong = append(wrong, fmt.Sprintf("message %d must not hold %q:\n%s", n, part, text))
		}
	}
	if w.Msg != nil {
		if d := diffJSON(w.Msg, m.Body); d != "" {
			wrong = append(wrong, fmt.Sprintf("message %d, msg:\n%s", n, d))
		}
	}
	return wrong
}

// readable is a message's JSON, indented, with its texts as people read them.
func readable(msg []byte) string {
	var v any
	if err := json.Unmarshal(msg, &v); err != nil {
		return string(msg)
	}
	return strings.ReplaceAll(pretty(v), `\n`, "\n")
}

func pretty(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	return b.String()
}

func diffJSON(want any, got []byte) string {
	if text, ok := want.(string); ok { // the exact JSON, as text
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return "msg is not JSON: " + err.Error()
		}
		want = v
	}
	var v any
	if err := json.Unmarshal(got, &v); err != nil {
		return err.Error()
	}
	return string(diff.Diff("want", []byte(pretty(want)), "got", []byte(pretty(v))))
}
