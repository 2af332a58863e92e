package transform

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"workbell/config"
	"workbell/message"
	"workbell/source"
)

var update = flag.Bool("update", false, "write what the golden cases give into them")

// TestGolden runs every testdata/*.txtar. A case holds `case` (source, event,
// headers ("Name=value …"), at, payload: lines of "key: value"; then: what else is asked, see askThen),
// payload.json unless `case` names a
// payload of source/testdata, perhaps rules.yaml (or `case` names one of
// testdata) and templates/*.tmpl laid over workbell's own, and `want`, which
// -update writes.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			golden(t, file)
		})
	}
}

func golden(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := readCase(t, ar)
	got := c.run(t)
	if *update {
		var kept []txtar.File
		for _, f := range ar.Files {
			if f.Name != "want" {
				kept = append(kept, f)
			}
		}
		ar.Files = append(kept, txtar.File{Name: "want", Data: []byte(got)})
		if err := os.WriteFile(file, txtar.Format(ar), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(c.want), got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

type goldenCase struct {
	rules     []byte
	templates fs.FS
	keys      map[string]string
	payload   []byte
	want      []byte
}

func readCase(t testing.TB, ar *txtar.Archive) goldenCase {
	c := goldenCase{keys: map[string]string{}, rules: readFile(t, "../rules.yaml")}
	over := fstest.MapFS{}
	for _, f := range ar.Files {
		switch {
		case f.Name == "case":
			for line := range strings.Lines(string(f.Data)) {
				k, v, _ := strings.Cut(line, ":")
				c.keys[k] = strings.TrimSpace(v)
			}
		case f.Name == "rules.yaml":
			c.rules = f.Data
		case f.Name == "payload.json":
			c.payload = f.Data
		case f.Name == "want":
			c.want = f.Data
		case strings.HasPrefix(f.Name, "templates/"):
			over[strings.TrimPrefix(f.Name, "templates/")] = &fstest.MapFile{Data: f.Data}
		default:
			t.Fatalf("what is %s?", f.Name)
		}
	}
	if p := c.keys["rules"]; p != "" {
		c.rules = readFile(t, filepath.Join("testdata", p))
	}
	if p := c.keys["payload"]; p != "" {
		c.payload = readFile(t, filepath.Join("../source/testdata", p))
	}
	c.templates = templatesWith(over)
	return c
}

func readFile(t testing.TB, name string) []byte {
	data, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// templatesWith is workbell's own templates with others laid over them.
func templatesWith(over fstest.MapFS) fs.FS {
	all := fstest.MapFS{}
	names, _ := filepath.Glob("../templates/*.tmpl")
	for _, name := range names {
		data, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			panic(err)
		}
		all[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	for name, f := range over {
		all[name] = f
	}
	return all
}

// run returns what comes of the case in words.
func (c goldenCase) run(t *testing.T) string {
	var out strings.Builder
	cfg, faults := config.Load(c.rules, config.Options{File: "rules.yaml", Sandbox: true})
	tr, more := Load(cfg, c.templates)
	for _, f := range append(faults, more...) {
		fmt.Fprintln(&out, f.Error())
	}
	if tr == nil || faults.Fatal() != nil {
		return out.String()
	}
	tr.SetMedia(func(name string) (string, bool) { return "@" + name, name == "logo.png" })
	at, err := time.Parse(time.RFC3339, c.keys["at"])
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range c.events(t, cfg, at) {
		result := tr.Explain(ev, at)
		for _, s := range result.Trace {
			fmt.Fprintf(&out, "%s: %s\n", s.Rule, s.Why)
		}
		for _, f := range result.Faults {
			fmt.Fprintf(&out, "fault: %s\n", f.Error())
		}
		for _, m := range result.Messages {
			if err := message.Validate(m.Body); err != nil {
				t.Errorf("%v: %s", err, m.Body)
			}
			out.WriteString(describe(m))
		}
		if then := c.keys["then"]; then != "" {
			for ask := range strings.SplitSeq(then, ";") {
				askThen(t, &out, tr, ev, strings.Fields(ask), at)
			}
		}
	}
	return out.String()
}

// askThen writes what comes of a later call for the event: "bar RULE", "again
// RULE", or "escalate RULE STEP UNREAD…".
func askThen(t *testing.T, out *strings.Builder, tr *Transform, ev *source.Event, ask []string, at time.Time) {
	fmt.Fprintf(out, "\n== %s\n", strings.Join(ask, " "))
	result, ok := Result{}, true
	switch ask[0] {
	case "bar":
		value, color := tr.Bar(ev, ask[1], at)
		fmt.Fprintf(out, "%s, %s\n", value, color)
	case "again":
		result = tr.Again(ev, ask[1], at)
	case "escalate":
		step, err := strconv.Atoi(ask[2])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(out, "steps %+v\n", tr.Escalations(ask[1]))
		result, ok = tr.Escalate(ev, ask[1], step, ask[3:], at)
	default:
		t.Fatalf("what is %s?", ask)
	}
	if !ok {
		out.WriteString("nothing\n")
	}
	for _, f := range result.Faults {
		fmt.Fprintf(out, "fault: %s\n", f.Error())
	}
	for _, m := range result.Messages {
		if err := message.Validate(m.Body); err != nil {
			t.Errorf("%v: %s", err, m.Body)
		}
		out.WriteString(describe(m))
	}
}

func (c goldenCase) events(t testing.TB, cfg *config.Config, at time.Time) []*source.Event {
	for _, s := range cfg.Sources {
		if s.Name != c.keys["source"] {
			continue
		}
		spec := source.Spec{Name: s.Name, Kind: s.Type, Each: s.Each.Value, Fields: map[string]string{},
			Every: s.Every, Grace: s.Grace, Severity: s.Severity, Title: s.Title, URL: s.URL, Zone: cfg.DingTalk.Location}
		for k, f := range s.Fields {
			spec.Fields[k] = f.Value
		}
		src, err := source.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{"Content-Type": {"application/json"}}
		if e := c.keys["event"]; e != "" {
			h.Set("X-GitHub-Event", e)
			h.Set("X-GitHub-Delivery", "1")
		}
		for _, header := range strings.Fields(c.keys["headers"]) {
			name, value, _ := strings.Cut(header, "=")
			h.Set(name, value)
		}
		events, err := src.Decode(h, c.payload, at)
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	t.Fatalf("no source %q", c.keys["source"])
	return nil
}

// describe prints a message: its options, its exact bytes, and its texts as
// people read them.
func describe(m Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s by %s, template %q, app %s, priority %d, %d bytes", m.Msgtype, m.Rule, m.Template, m.App, m.Priority, len(m.Body))
	if m.Omitted > 0 {
		fmt.Fprintf(&b, ", %d omitted", m.Omitted)
	}
	if m.Fallback {
		b.WriteString(", fallback")
	}
	if m.OnResolve != "send" || m.IfUnamended {
		fmt.Fprintf(&b, "\non_resolve %s, if unamended %t", m.OnResolve, m.IfUnamended)
	}
	if m.Track != "none" || m.CallPeople > 0 {
		fmt.Fprintf(&b, "\ntrack %s, escalates %t, %d people a call, %d calls", m.Track, m.Escalates, m.CallPeople, len(m.Calls(0)))
	}
	to, _ := json.Marshal(m.To)
	fmt.Fprintf(&b, "\nto %s\n%s\n", to, m.Body)
	var fields any
	if err := json.Unmarshal(m.Body, &fields); err != nil {
		return b.String() + err.Error()
	}
	texts(&b, "", fields)
	return b.String()
}

// texts prints the texts of a message, each below its path.
func texts(b *strings.Builder, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			texts(b, path+"."+k, v[k])
		}
	case []any:
		for i, e := range v {
			texts(b, fmt.Sprintf("%s[%d]", path, i), e)
		}
	case string:
		fmt.Fprintf(b, "%s\n    %s\n", strings.TrimPrefix(path, "."), strings.ReplaceAll(v, "\n", "\n    "))
	}
}
