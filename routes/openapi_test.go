package routes

import (
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// TestOpenAPI holds docs/openapi.yaml against the table of routes.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
		Components struct {
			Schemas struct {
				State    struct{ Enum []string }             `yaml:"State"`
				Delivery struct{ Properties map[string]any } `yaml:"Delivery"`
			}
		}
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	queries := map[string][]string{}
	for path, methods := range doc.Paths {
		for method, call := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			for _, p := range call.Parameters {
				if p.In == "query" {
					queries[path] = append(queries[path], p.Name)
				}
			}
			slices.Sort(queries[path])
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
	if d := cmp.Diff(map[string][]string{"/api/v1/deliveries": listQuery, "/api/v1/events": eventQuery}, queries); d != "" {
		t.Errorf("docs/openapi.yaml and the query parameters differ (-served +described):\n%s", d)
	}
	if d := cmp.Diff(stateNames(), doc.Components.Schemas.State.Enum); d != "" {
		t.Errorf("docs/openapi.yaml and the states differ (-known +described):\n%s", d)
	}
	fields := jsonNames(reflect.TypeFor[Delivery]())
	slices.Sort(fields)
	if d := cmp.Diff(fields, slices.Sorted(maps.Keys(doc.Components.Schemas.Delivery.Properties))); d != "" {
		t.Errorf("docs/openapi.yaml and a delivery's fields differ (-served +described):\n%s", d)
	}
}

// jsonNames are the names under which a struct's fields stand in JSON.
func jsonNames(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, jsonNames(f.Type)...)
		case name != "-":
			names = append(names, name)
		}
	}
	return names
}
