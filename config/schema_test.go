package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

type object = map[string]any

// fromEnv is where a value holds a variable, so that its type shows only later.
const fromEnv = `\$\{`

// schema is docs/rules.schema.json. Draft 7 is what editors read.
func (r *reference) schema() string {
	root := r.mapping("")
	root["$schema"], root["title"], root["definitions"] = "http://json-schema.org/draft-07/schema#", "workbell's rules.yaml", r.shared
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(root); err != nil {
		r.t.Fatal(err)
	}
	flat := regexp.MustCompile(`[\[{][^\[\]{}]*[\]}]`) // what holds nothing but single values takes a line
	return regexp.MustCompile(`(?m)^ +`).ReplaceAllString(flat.ReplaceAllStringFunc(b.String(), func(s string) string {
		return s[:1] + strings.Join(strings.Fields(s[1:len(s)-1]), " ") + s[len(s)-1:]
	}), "") // not indented, since the binary holds it
}

// refer keeps the schema of a mapping under the name of its type, and refers
// to it.
func (r *reference) refer(name, path string) object {
	if _, known := r.shared[name]; !known {
		r.shared[name] = r.mapping(path)
	}
	return object{"$ref": "#/definitions/" + name}
}

// mapping is the schema of the keys below a path.
func (r *reference) mapping(path string) object {
	i := slices.IndexFunc(r.sections, func(s section) bool { return s.path == path })
	properties, required := object{}, []string{}
	for _, k := range r.sections[i].settings {
		value := r.value(k.kind, k)
		value["description"] = strings.ReplaceAll(k.about, "`", "")
		if k.value != "" {
			value["default"] = k.value
		}
		if json.Valid([]byte(k.value)) { // a number, true or false
			value["default"] = json.RawMessage(k.value)
		}
		if isSecret(k.kind) {
			properties[k.name+"_file"] = object{"description": "a file that holds it", "type": value["type"]}
			if k.kind == secretsType {
				properties[k.name+"_file"] = listOf(text())
			}
		}
		if k.required {
			required = append(required, k.name)
		}
		properties[k.name] = value
	}
	o := object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	if path == "sources[]" {
		o["allOf"] = byType()
	}
	return o
}

// byType are the schemas of auth, each and fields that the types of a source
// allow, one for all types that allow the same.
func byType() (list []any) {
	same := map[string][]string{}
	for _, name := range typeNames() {
		same[fmt.Sprint(sourceTypes[name])] = append(same[fmt.Sprint(sourceTypes[name])], name)
	}
	for _, can := range slices.Sorted(maps.Keys(same)) {
		kind, ways := sourceTypes[same[can][0]], []string{}
		for _, w := range kind.ways {
			if ways = append(ways, w); w == "bearer_token" || w == "secrets" {
				ways = append(ways, w+"_file")
			}
		}
		then := object{"auth": object{"propertyNames": object{"enum": ways}}}
		if !kind.fields {
			then["each"], then["fields"] = false, false
		}
		list = append(list, object{"if": object{"properties": object{"type": object{"enum": same[can]}}}, "then": object{"properties": then}})
	}
	return list
}

func text() object { return object{"type": []string{"string", "number", "boolean"}} }

func listOf(one object) object {
	return object{"anyOf": []any{object{"type": "array", "items": one}, one}}
}

func pattern(kinds []string, pattern string) object {
	return object{"type": kinds, "pattern": "^(" + pattern + ")$|" + fromEnv}
}

// value is the schema of what a key takes.
func (r *reference) value(t reflect.Type, k setting) object {
	switch {
	case strings.HasSuffix(k.path, "msgtype"): // an expression is no bare word
		return object{"anyOf": []any{object{"enum": k.words}, object{"type": "string", "pattern": `[^A-Za-z0-9_-]`}}}
	case k.words != nil:
		return object{"anyOf": []any{object{"enum": k.words}, object{"type": "string", "pattern": fromEnv}}}
	case k.path == "sources[].fields":
		properties := object{}
		for _, name := range fieldNames {
			properties[name] = text()
			properties[name].(object)["description"] = strings.ReplaceAll(fieldsAbout[name], "`", "")
		}
		return object{"type": "object", "additionalProperties": false, "properties": properties}
	case t == reflect.TypeFor[Auth]():
		return object{"anyOf": []any{object{"const": "none"}, r.mapping(k.path)}}
	case t == reflect.TypeFor[Dept]():
		return object{"anyOf": []any{r.value(reflect.TypeFor[int](), k), r.mapping(k.path + "[]")}}
	case t == durationType:
		return pattern([]string{"string"}, `([0-9]+(y|w|d|h|ms|m|s))+`)
	case t == bytesType:
		return pattern([]string{"integer", "string"}, `[0-9.]+ *([KkMmGg][iI]?)?[Bb]?`)
	case t == secretType, t == scalarType, t.Kind() == reflect.String:
		return text()
	}
	return r.byKind(t, k)
}

// byKind is the schema of a type that has no schema of its own.
func (r *reference) byKind(t reflect.Type, k setting) object {
	switch t.Kind() {
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Struct {
			return r.mapping(k.path)
		}
		return r.value(t.Elem(), k)
	case reflect.Slice:
		if inner := t.Elem(); inner.Kind() == reflect.Struct && inner != scalarType && inner != secretType && inner != reflect.TypeFor[Dept]() {
			return listOf(r.refer(inner.Name(), k.path+"[]"))
		}
		return listOf(r.value(t.Elem(), k))
	case reflect.Map:
		if t.Elem() == scalarType {
			return object{"type": "object", "additionalProperties": text()}
		}
		return object{"type": "object", "additionalProperties": r.mapping(k.path + ".NAME")}
	case reflect.Struct:
		return r.mapping(k.path)
	case reflect.Bool:
		return pattern([]string{"boolean", "string"}, "true|false")
	}
	return pattern([]string{"integer", "string"}, "-?[0-9]+")
}
