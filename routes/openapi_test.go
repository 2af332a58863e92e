package routes

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"workbell/outbox"
)

// TestOpenAPI holds docs/openapi.yaml against the table of routes.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]any
		Components struct {
			Schemas struct{ State struct{ Enum []string } }
		}
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	for path, methods := range doc.Paths {
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	o := Options{Metrics: http.NotFoundHandler(), Pprof: true}
	param := regexp.MustCompile(`:(\w+)`)
	for _, r := range slices.Concat(o.admin(), o.hooks()) {
		served = append(served, r.Method+" "+param.ReplaceAllString(r.Path, "{$1}"))
	}
	slices.Sort(described)
	slices.Sort(served)
	if d := cmp.Diff(slices.Compact(served), described); d != "" {
		t.Errorf("docs/openapi.yaml and the routes differ (-served +described):\n%s", d)
	}
	for _, s := range doc.Components.Schemas.State.Enum {
		known := []outbox.State{outbox.Queued, outbox.Sent, outbox.Delivered, outbox.Partial, outbox.Failed, outbox.Recalled, outbox.Suppressed,
			outbox.Superseded, outbox.Expired, outbox.Refused, outbox.Dead}
		if !slices.Contains(known, outbox.State(s)) {
			t.Errorf("state %q does not exist", s)
		}
	}
}
