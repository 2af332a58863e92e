package transform

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/config"
	"workbell/source"
)

// TestCandidates holds what many rules make of an event against asking each of
// them, over rules that compare in every way and events that match some.
func TestCandidates(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 26))
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	comparison := func() string {
		key, value := one("labels.a", "labels.b", "status", "severity"), fmt.Sprintf("%q", one("x", "y", "z"))
		return fmt.Sprintf(one("%s == %s", "%s != %s", "%s in [%s, \"y\", \"y\"]", "%s startsWith %s"), key, value)
	}
	for range 30 {
		var y strings.Builder
		y.WriteString("dingtalk: {apps: [{name: ops, agent_id: 1, app_key: k, app_secret: s}]}\nsources: [{name: s, type: json, auth: none}]\n" +
			"groups: {g: {users: [u1]}}\nfallback_to: g\nrules:\n")
		for i := range few + 1 + random.IntN(100) {
			when := comparison()
			for range random.IntN(3) {
				when += one(" && ", " || ") + comparison()
			}
			fmt.Fprintf(&y, "  - {name: r%d, to: 'user:r%d', when: '%s', continue: %t}\n", i, i, when, random.IntN(3) > 0)
		}
		cfg, faults := config.Load([]byte(y.String()), config.Options{File: "rules.yaml"})
		if err := faults.Fatal(); err != nil {
			t.Fatal(err, y.String())
		}
		templates := fstest.MapFS{"json.tmpl": {Data: []byte(`{{ define "markdown.title" }}t{{ end }}{{ define "markdown.text" }}t{{ end }}`)}}
		tr, faults := Load(cfg, templates)
		if err := faults.Fatal(); err != nil {
			t.Fatal(err, y.String())
		}
		for range 50 {
			ev := &source.Event{Source: "s", Kind: source.JSON, Status: one("x", "y", "w"), Severity: one("x", "z", ""),
				Labels: map[string]string{"a": one("x", "y", "w"), "b": one("z", "")}}
			want := tr.Explain(ev, time.Now())
			got := tr.Apply(ev, time.Now())
			want.Trace = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%+v (-each asked +candidates):\n%s\n%s", ev, diff, y.String())
			}
		}
	}
}
