package source

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// object is a decoded JSON object of which nothing is known. Reading what is
// missing, null or of another kind gives "" or nil.
type object map[string]any

// at returns the value at a path of names and list positions, such as
// "workflow_run.pull_requests.0.number"; "#" is a list's length.
func (p object) at(path string) any {
	var v any = map[string]any(p)
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			if name == "#" {
				return len(at)
			}
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

// str returns the text at path; numbers and booleans as they are written.
func (p object) str(path string) string {
	switch v := p.at(path).(type) {
	case map[string]any, []any:
		return ""
	default:
		return text(v)
	}
}

// list returns the objects of the list at path; what is not an object in it
// is left out.
func (p object) list(path string) []object {
	var objects []object
	items, _ := p.at(path).([]any)
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			objects = append(objects, o)
		}
	}
	return objects
}

// true says whether there is a true at path.
func (p object) true(path string) bool { return p.at(path) == true }

// text returns any value of JSON as people write it: numbers without an
// exponent, nothing for null, lists and objects as JSON.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[string]any, []any:
		return compact(v)
	}
	switch reflect.TypeOf(v).Kind() { // what only an expression can make
	case reflect.Map, reflect.Slice, reflect.Array:
		return compact(v)
	}
	return fmt.Sprint(v)
}

func compact(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// expand fills in a wording from the payload:
//
//	{sender.login}          the text at that path
//	{a.name|b.name|~none}   the first that is not empty; ~ marks plain words
//	{sha:short}             changed by a modifier, see modifiers; each path has its own
//	[ in {repo}]            left out, if any {…} in it is empty
//
// A line of the wording that has become empty is left out. What is filled in
// is never looked at again, so no payload can add to a wording.
func (p object) expand(wording string) string {
	if wording == "" {
		return ""
	}
	var lines []string
	for l := range strings.SplitSeq(wording, "\n") {
		if l = p.expandLine(l); strings.TrimSpace(l) != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

func (p object) expandLine(wording string) string {
	var b strings.Builder
	for wording != "" {
		i := strings.IndexAny(wording, "{[")
		if i < 0 {
			b.WriteString(wording)
			break
		}
		b.WriteString(wording[:i])
		if wording[i] == '[' {
			optional, rest, _ := strings.Cut(wording[i+1:], "]")
			if filled, whole := p.fill(optional); whole {
				b.WriteString(filled)
			}
			wording = rest
			continue
		}
		paths, rest, _ := strings.Cut(wording[i+1:], "}")
		b.WriteString(p.pick(paths))
		wording = rest
	}
	return b.String()
}

// fill expands what stands between brackets, and says whether all was there.
func (p object) fill(wording string) (string, bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(wording, "{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		var paths string
		paths, wording, _ = strings.Cut(rest, "}")
		value := p.pick(paths)
		if value == "" {
			return "", false
		}
		b.WriteString(value)
	}
}

// pick returns the first of several paths that gives anything.
func (p object) pick(paths string) string {
	for path := range strings.SplitSeq(paths, "|") {
		if words, plain := strings.CutPrefix(path, "~"); plain {
			return words
		}
		path, modifier, _ := strings.Cut(path, ":")
		value := cut(strings.TrimSpace(p.str(path)), maxText)
		if change := modifiers[modifier]; change != nil {
			value = change(value)
		}
		if value != "" {
			return value
		}
	}
	return ""
}

// modifiers change what a path gives.
var modifiers = map[string]func(string) string{
	"short":  short,
	"line":   firstLine,
	"words":  words,
	"branch": branch,
	"lower":  strings.ToLower,

	"past":    past,
	"outcome": outcome,
}

// short is the short form of a commit's name.
func short(sha string) string { return sha[:min(len(sha), 7)] }

func firstLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(first)
}

// words makes words of a name: "ready_for_review" → "ready for review".
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// past is what somebody has done, of what an action is called: "open",
// "close", "approval" → "opened", "closed", "approved".
func past(action string) string {
	action = words(action)
	switch {
	case action == "" || strings.HasSuffix(action, "ed"):
		return action
	case strings.HasSuffix(action, "e"):
		return action + "d"
	}
	return strings.TrimSuffix(action, "al") + "ed"
}

// outcome says how it ended, of what senders call that: "SUCCESS", "failed" →
// "succeeded", "failed".
func outcome(state string) string {
	switch state = strings.ToLower(words(state)); state {
	case "":
		return ""
	case "success", "passed":
		return "succeeded"
	case "failure", "failed", "error":
		return "failed"
	case "canceled", "cancelled", "skipped", "aborted", "created", "not built":
		return "was " + state
	}
	return "is " + state
}

// branch is the name that people use of a branch or tag.
func branch(ref string) string {
	return strings.TrimPrefix(strings.TrimPrefix(ref, "refs/heads/"), "refs/tags/")
}

// escaped makes a name harmless within a wording and a path.
func escaped(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("{}[]|:~.", r) {
			return -1
		}
		return r
	}, name)
}
