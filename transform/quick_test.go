package transform

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/template"
	"golang.org/x/tools/txtar"

	"workbell/config"
	"workbell/message"
	"workbell/source"
)

// quickEvents are the samples, and the events of all golden cases.
func quickEvents(t testing.TB) []*source.Event {
	t.Helper()
	events := samples()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := readCase(t, ar)
		cfg, _ := config.Load(c.rules, config.Options{File: "rules.yaml", Sandbox: true})
		events = append(events, c.events(t, cfg, quickNow)...)
	}
	return events
}

var quickNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// quickExecutor is that of one of our families, with text as its block
// image.media; nil where it does not parse.
func quickExecutor(t testing.TB, name, text string) *executor {
	t.Helper()
	file := slices.Concat(readFile(t, "../templates/"+name+".tmpl"), []byte(`{{ define "image.media" }}`+text+`{{ end }}`))
	files := fstest.MapFS{name + ".tmpl": {Data: file}}
	for _, shared := range []string{"_alert.tmpl", "_event.tmpl"} {
		files[shared] = &fstest.MapFile{Data: readFile(t, "../templates/"+shared)}
	}
	var faults config.Faults
	families := loadFamilies(files, time.FixedZone("here", 8*3600), &faults)
	if len(faults) > 0 {
		return nil
	}
	return families[name].take(quickNow)
}

func newData(ev *source.Event) *Data {
	d := new(Data)
	d.set(ev)
	return d
}

// sameQuick runs a block both ways and compares; it returns whether the quick
// one did it.
func sameQuick(t *testing.T, x *executor, b block, ev *source.Event) bool {
	t.Helper()
	whole, ok := x.quickly(b.quick, newData(ev))
	if !ok {
		return false
	}
	got := string(x.out.buf)
	x.out.buf = x.out.buf[:0]
	err := b.tmpl.Execute(&x.out, newData(ev))
	if d := cmp.Diff(string(x.out.buf), got); d != "" {
		t.Errorf("%s of %s: -text/template +quick\n%s", b.tmpl.Root, ev.Title, d)
	}
	if full := errors.Is(err, errFull); full == whole || err != nil && !full {
		t.Errorf("%s of %s: quick says whole %v and no error, text/template says %v", b.tmpl.Root, ev.Title, whole, err)
	}
	return true
}

// TestQuickRunsOurTemplates holds that none of our blocks needs text/template,
// and that it would write the same.
func TestQuickRunsOurTemplates(t *testing.T) {
	t.Parallel()
	events := quickEvents(t)
	for _, name := range source.Kinds() {
		x := quickExecutor(t, name, "")
		for _, msgtype := range message.Names() {
			for _, b := range x.blocksOf(msgtype) {
				if b.quick == nil {
					t.Errorf("%s: %s.%s is not compiled", name, msgtype, b.field)
					continue
				}
				for _, ev := range events {
					if !sameQuick(t, x, b, ev) {
						t.Errorf("%s: %s.%s gives up on %q", name, msgtype, b.field, ev.Title)
					}
				}
			}
		}
	}
}

// TestQuick names what templates may do, and whether a quick does it for the
// sample alerts.
func TestQuick(t *testing.T) {
	t.Parallel()
	for text, quick := range map[string]bool{
		`{{ .Title }} {{ .Total }} {{ eq 1 1 }} {{ .Nothing }}`:                            false, // no such field: an error
		`{{ $x := .Title }}{{ if .Text }}{{ $x = .Text }}{{ end }}{{ $x }}`:                true,
		`{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}`:                 true,
		`{{ $x := 1 }}{{ if false }}{{ $x := 2 }}{{ else }}{{ $x }}{{ end }}`:              true,
		`{{ range $i, $a := .Alerts }}{{ $i }} {{ $a.Labels.instance }}{{ end }}`:          true,
		`{{ $i := 7 }}{{ $a := 8 }}{{ range $i, $a = .Alerts }}{{ end }}{{ $i }}`:          true,
		`{{ range $a := .Alerts.Resolved }}{{ $a.Status }}{{ else }}{{ .Title }}{{ end }}`: true,
		`{{ range .Alerts.Firing }}{{ printf "%T" . }}{{ end }}`:                           true,
		`{{ printf "%T %T %v" .Alerts .Alerts.Firing (first .Alerts).Status }}`:            true,
		`{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }},{{ end }}`:          true,
		`{{ range $k, $v := .CommonLabels }}{{ $k }}{{ end }}`:                             false, // a map's order is text/template's
		`{{ .Payload.version }} {{ .Payload.a.b.c }} {{ print .Payload.a }}`:               true,
		`<no {{ .Payload.a }}value>`:                                                       true,
		`{{ .CommonLabels.Names }} {{ .CommonLabels.nothing }}`:                            false,
		`{{ with .Text }}{{ $.Title }} {{ . }}{{ else }}-{{ end }}`:                        true,
		`{{ template "alert.title" . }}{{ template "alert.title" }}`:                       false, // fields of nil
		`{{ range .Alerts }}{{ break }}{{ end }}`:                                          false,
		`{{ match "(" .Title }}`:                                           false, // an error
		`{{ if false }}{{ match "(" .Title }}{{ end }}{{ .Title }}`:        true,
		`{{ or .Nil "x" }}`:                                                false,
		`{{ and .Title (not .Text) }} {{ or .Text .Title }} {{ or "" 0 }}`: true,
		`{{ .Title | or "x" }}`:                                            false,
		`{{ eq .Title .Total }}`:                                           false, // an error
		`{{ eq .Status "firing" "resolved" }}`:                             false,
		`{{ gt .Total 1 }} {{ le .Total 1 }} {{ ne .Status "firing" }}`:    true,
		`{{ len .Alerts }} {{ len .Title }} {{ len .Payload.a }}`:          true,
		`{{ .Alerts }}`:                                                    false, // printed by fmt
		`{{ (first .Alerts).StartsAt }}`:                                   false,
		`{{ range .Alerts }}{{ duration .StartsAt .EndsAt }}{{ end }}`:     true,
		`{{ excerpt 1.0 .Title }} {{ excerpt 0x10 .Title }}`:               false,
		`{{ excerpt "1" .Title }}`:                                         false, // an error
		`{{ mdLinks "Open" }}`:                                             false, // an error
		`{{ when . }}`:                                                     false, // an error
		`{{ range lines .Text }}{{ . }}{{ end }}{{ default "-" .Action }}`: true,
		`{{ range .Alerts }}{{ range $.Alerts }}` + long + `{{ end }}{{ end }}{{ match "(" "" }}`: true, // full before the error
	} {
		x := quickExecutor(t, source.Alertmanager, text)
		if x == nil {
			t.Errorf("%.80s does not parse", text)
			continue
		}
		b := x.blocksOf("image")[0]
		got := b.quick != nil && sameQuick(t, x, b, samples()[0])
		if got != quick {
			t.Errorf("%.80s: quick %v, want %v", text, got, quick)
		}
	}
}

var long = strings.Repeat("x", maxBlock/2)

// TestQuickFields holds that a quick reads every field that templates may, each
// as it is.
func TestQuickFields(t *testing.T) {
	t.Parallel()
	sameFields(t, dataFields)
	sameFields(t, alertFields)
	for _, name := range dataNames {
		if dataFields[name] == nil && name != "Escalation" {
			t.Errorf("no quick reads .%s", name)
		}
	}
}

func sameFields[T any](t *testing.T, read map[string]func(*T) any) {
	t.Helper()
	var of T
	v := reflect.ValueOf(&of).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		if !f.IsExported() {
			continue
		}
		field := v.FieldByIndex(f.Index)
		switch p := field.Addr().Interface().(type) {
		case *string:
			*p = f.Name
		case *int:
			*p = len(f.Name) + f.Index[0]*100
		case *template.KV:
			*p = template.KV{f.Name: ""}
		case *template.Alerts:
			*p = template.Alerts{{Status: f.Name}}
		case *time.Time:
			*p = time.Unix(int64(f.Index[0]), 0)
		default:
			t.Fatalf("%s: what is a %s?", f.Name, f.Type)
		}
		if read[f.Name] == nil {
			t.Errorf("no quick reads .%s", f.Name)
		} else if d := cmp.Diff(field.Interface(), plain(read[f.Name](&of))); d != "" {
			t.Errorf(".%s: -field +quick\n%s", f.Name, d)
		}
	}
}

// FuzzQuick writes a template by chance: what a quick makes of it, for any
// event, text/template must make too.
func FuzzQuick(f *testing.F) {
	events := quickEvents(f)
	for seed := range uint64(20) {
		f.Add(seed, "")
	}
	f.Add(uint64(0), `{{ range $i, $a := .Alerts }}{{ with $a.Labels.x }}{{ . }}{{ else }}{{ apart $ $a | md }}{{ end }}{{ end }}`)
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		if text == "" {
			text = newAuthor(seed).list(4, 'd')
		}
		x := quickExecutor(t, source.Alertmanager, text)
		if x == nil || len(x.blocksOf("image")) == 0 || x.blocksOf("image")[0].quick == nil {
			return
		}
		for _, ev := range events {
			sameQuick(t, x, x.blocksOf("image")[0], ev)
		}
	})
}

// TestQuickGenerated is FuzzQuick for some hundred templates, and holds that
// most of what the author writes is for a quick to run.
func TestQuickGenerated(t *testing.T) {
	t.Parallel()
	const templates = 300
	events, ran := quickEvents(t), 0
	for seed := range uint64(templates) {
		x := quickExecutor(t, source.Alertmanager, newAuthor(seed).list(4, 'd'))
		if x == nil || x.blocksOf("image")[0].quick == nil {
			continue
		}
		for _, ev := range events {
			if sameQuick(t, x, x.blocksOf("image")[0], ev) {
				ran++
			}
		}
	}
	if all := templates * len(events); ran < all/2 {
		t.Errorf("of %d runs only %d were quick", all, ran)
	}
}

// author writes templates by chance, mostly such as make sense. Kinds of value
// are t text, n number, b truth, k labels, d data, a alert, p pair, l alerts,
// s pairs, x texts and * any.
type author struct {
	*rand.Rand
	dot  byte   // what . is
	vars []byte // those that are visible
}

func newAuthor(seed uint64) *author { return &author{rand.New(rand.NewPCG(seed, 0)), 'd', nil} }

func (a *author) one(list ...string) string { return list[a.IntN(len(list))] }

func (a *author) kind(list string) byte { return list[a.IntN(len(list))] }

// list writes up to three nodes, for which . is a dot.
func (a *author) list(depth int, dot byte) string {
	defer func(vars []byte, dot byte) { a.vars, a.dot = vars, dot }(a.vars, a.dot)
	a.dot = dot
	var b strings.Builder
	for range 1 + a.IntN(3) {
		b.WriteString(a.node(depth - 1))
	}
	return b.String()
}

func (a *author) node(depth int) string {
	if depth <= 0 {
		return a.one("text", "\n", "<no value>", "{{ "+a.value('t', 1)+" }}")
	}
	switch a.IntN(8) {
	case 0:
		kind := a.kind("tnbkal")
		v := a.value(kind, depth)
		a.vars = append(a.vars[:len(a.vars):len(a.vars)], kind)
		return fmt.Sprintf("{{ $v%d := %s }}", len(a.vars)-1, v)
	case 1:
		if n := len(a.vars); n > 0 {
			i := a.IntN(n)
			return fmt.Sprintf("{{ $v%d = %s }}", i, a.value(a.vars[i], depth))
		}
	case 2:
		return "{{ if " + a.value('*', depth) + " }}" + a.list(depth, a.dot) + "{{ else }}" + a.list(depth, a.dot) + "{{ end }}"
	case 3:
		kind := a.kind("tnka")
		return "{{ with " + a.value(kind, depth) + " }}" + a.list(depth, kind) + "{{ else }}" + a.list(depth, a.dot) + "{{ end }}"
	case 4, 5:
		kind := a.kind("lsx")
		of := map[byte]byte{'l': 'a', 's': 'p', 'x': 't'}[kind]
		return "{{ range " + a.one("", "$i, $e := ", "$e := ") + a.value(kind, depth) + " }}" + a.list(depth, of) +
			"{{ else }}" + a.list(depth, a.dot) + "{{ end }}"
	case 6:
		return `{{ template "` + a.one("alert.title", "alert.markdown", "oa.form") + `" $ }}`
	}
	return "{{ " + a.value(a.kind("tttnb"), depth) + " }}"
}

// value writes a value of a kind, now and then of another.
func (a *author) value(kind byte, depth int) string {
	if kind == '*' || a.IntN(50) == 0 {
		kind = a.kind("tnbkalsx")
	}
	if calls := calls[kind]; depth > 0 && len(calls) > 0 && a.IntN(2) == 0 {
		f, kinds, _ := strings.Cut(a.one(calls...), " ")
		args := strings.Split(kinds, "")
		for i, k := range args {
			args[i] = "(" + a.value(k[0], depth-1) + ")"
		}
		if last := len(args) - 1; a.IntN(4) == 0 {
			return args[last] + " | " + f + " " + strings.Join(args[:last], " ")
		}
		return f + " " + strings.Join(args, " ")
	}
	if a.dot == kind && a.IntN(3) == 0 {
		return "."
	}
	if i := slices.Index(a.vars, kind); i >= 0 && a.IntN(3) == 0 {
		return fmt.Sprintf("$v%d", i)
	}
	own := operands[string(a.dot)+"."+string(kind)]
	return a.one(append(own[:len(own):len(own)], operands[string(kind)]...)...)
}

// calls are functions by what they return, each with what it takes.
var calls = map[byte][]string{
	't': {"md *", "toUpper t", "quote t", "plain t", "pairs k", "values k", "apart da", "when a", "count d", "state d", "sign d", "mdLink tt",
		"mdLinks tttt", "row *t", "print **", "printf t*", "default tt", "coalesce ttt", "trunc nt", "excerpt nt", "color tt", "join tx", "and tt", "or tt"},
	'n': {"len x", "len k", "len t", "or nn", "and nn"},
	'b': {"not *", "eq tt", "ne nn", "lt nn", "le nn", "gt nn", "ge nn", "eq bb", "match tt"},
	'a': {"first l"},
	'l': {"or ll"},
	'x': {"lines t"},
}

var operands = map[string][]string{
	"t": {"$.Status", "$.Title", "$.Text", "$.URL", "$.CommonLabels.severity", "$.CommonLabels.none", "$.CommonAnnotations.summary", "$.Payload.version",
		"$.Payload.a.b", "$.SilenceURL", "$.Labels.job", `"%v %s"`, `"firing"`, `""`, `"a*b"`, "(first $.Alerts).Status"},
	"n": {"$.Total", "$.TotalFiring", "$.Omitted", "0", "1", "3"},
	"b": {"true", "false"}, "k": {"$.Where", "$.CommonLabels", "$.Labels", "(first $.Alerts).Labels"}, "d": {"$"}, "a": {"(first $.Alerts)"},
	"l": {"$.Alerts", "$.Alerts.Firing", "$.Alerts.Resolved"}, "s": {"$.CommonLabels.SortedPairs", "$.Labels.SortedPairs"}, "x": {"(lines $.Text)"},
	"a.t": {".Status", ".Labels.instance", ".Annotations.summary", ".GeneratorURL"}, "a.k": {".Labels", ".Annotations"},
	"p.t": {".Name", ".Value"}, "k.t": {".job", ".none"}, "d.t": {".Status", ".Title"},
}
