package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"workbell/docs/doctest"
)

var update = flag.Bool("update", false, "write docs/reference/api.md anew")

const apiHead = `# API

<!-- from docs/openapi.yaml, by make reference -->

Hooks are on ` + "`--web.listen-address`" + `, all else on ` + "`--admin.listen-address`" + `. Errors are ` + "`application/problem+json`" + ` and say what is wrong and what to do. [openapi.yaml](../openapi.yaml) is the same for programs.
`

// openAPI is docs/openapi.yaml, as far as its page tells of it.
type openAPI struct {
	Paths      yaml.Node // in the order of the file
	Components struct {
		Parameters map[string]apiParameter
		Responses  map[string]apiResponse
		Schemas    map[string]apiSchema
		Bodies     map[string]apiBody `yaml:"requestBodies"`
	}
}

type apiOperation struct {
	Summary, Description string
	Parameters           []apiParameter
	RequestBody          apiBody `yaml:"requestBody"`
	Responses            map[string]apiResponse
}

type apiBody struct {
	Ref     string `yaml:"$ref"`
	Content map[string]struct{ Schema apiSchema }
}

type apiParameter struct {
	Ref                   string `yaml:"$ref"`
	Name, In, Description string
	Schema                apiSchema
}

type apiResponse struct {
	Ref         string `yaml:"$ref"`
	Description string
}

type apiSchema struct {
	Ref               string `yaml:"$ref"`
	Type, Description string
	Enum              []string
	Properties        map[string]apiSchema
}

// TestReference holds docs/reference/api.md to docs/openapi.yaml, which another
// test holds to the routes.
func TestReference(t *testing.T) {
	t.Parallel()
	var api openAPI
	decodeYAML(t, readFile(t, "docs/openapi.yaml"), &api)
	var b strings.Builder
	b.WriteString(apiHead)
	for i := 0; i < len(api.Paths.Content); i += 2 {
		var methods map[string]apiOperation
		if err := api.Paths.Content[i+1].Decode(&methods); err != nil {
			t.Fatal(err)
		}
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			op := methods[method]
			title := strings.ToUpper(method) + " " + api.Paths.Content[i].Value
			if op.Summary == "" {
				t.Errorf("docs/openapi.yaml: %s has no summary", title)
			}
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, op.Summary)
			api.describe(&b, op)
		}
	}
	b.WriteString("\n## A delivery\n\n" + api.delivery())
	doctest.Hold(t, *update, "docs/reference/api.md", b.String())
}

// describe writes what an operation takes and answers.
func (api *openAPI) describe(b *strings.Builder, op apiOperation) {
	if op.Description != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(op.Description))
	}
	rows, body := [][]string{{"takes", "in", "what it is"}}, op.RequestBody
	if body.Ref != "" {
		body = api.Components.Bodies[last(body.Ref)]
	}
	fields := body.Content["application/json"].Schema.Properties
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		op.Parameters = append(op.Parameters, apiParameter{Name: name, In: "body", Description: api.schema(fields[name]).Description})
	}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = api.Components.Parameters[last(p.Ref)]
		}
		what := p.Description
		if p.Schema.Ref != "" {
			what = strings.TrimPrefix(what+"; one of `"+strings.Join(api.Components.Schemas[last(p.Schema.Ref)].Enum, " ")+"`", "; ")
		}
		rows = append(rows, []string{doctest.Code(p.Name), p.In, what})
	}
	if len(rows) > 1 {
		b.WriteString("\n" + doctest.Table(rows))
	}
	rows = [][]string{{"answers", "when"}}
	for _, code := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[code]
		if r.Ref != "" {
			r = api.Components.Responses[last(r.Ref)]
		}
		rows = append(rows, []string{code, r.Description})
	}
	b.WriteString("\n" + doctest.Table(rows))
}

// delivery lists the fields of a delivery.
func (api *openAPI) delivery() string {
	rows := [][]string{{"field", "type", "what it is"}}
	fields := api.Components.Schemas["Delivery"].Properties
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f := api.schema(fields[name])
		what := f.Description
		if len(f.Enum) > 0 {
			what = strings.TrimPrefix(what+"; one of `"+strings.Join(f.Enum, " ")+"`", "; ")
		}
		rows = append(rows, []string{doctest.Code(name), f.Type, what})
	}
	return doctest.Table(rows)
}

// schema is one with what it refers to.
func (api *openAPI) schema(s apiSchema) apiSchema {
	if s.Ref != "" {
		return api.Components.Schemas[last(s.Ref)]
	}
	return s
}

// last is what a reference of OpenAPI names.
func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// TestReferenceLinks lists every page of docs/reference in its index, which is
// where the other documents lead.
func TestReferenceLinks(t *testing.T) {
	t.Parallel()
	index := readFile(t, "docs/reference/README.md")
	pages, err := os.ReadDir("docs/reference")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if p.Name() != "README.md" && !strings.Contains(index, "]("+p.Name()+")") {
			t.Errorf("docs/reference/README.md does not link to %s", p.Name())
		}
	}
}
