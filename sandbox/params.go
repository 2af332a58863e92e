package sandbox

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// params are the parameters of a call by name, as JSON. A form's values are
// JSON strings; msg and numbers may be given as JSON or as text, as the official
// SDKs do.
type params map[string]json.RawMessage

// escaped finds what DingTalk refuses with 40033.
var escaped = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)

func readParams(r request) (params, *reply) {
	if r.URL.Path == PathMedia {
		return params{}, nil // upload reads its form itself
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/json":
		return jsonParams(r.body)
	case err == nil && kind == "application/x-www-form-urlencoded":
		return formParams(string(r.body))
	}
	return nil, refuse(43004, "无效的HTTP HEADER Content-Type")
}

func jsonParams(body []byte) (params, *reply) {
	if !utf8.Valid(body) {
		return nil, refuse(47001, "解析JSON/XML内容错误: not UTF-8")
	}
	if escaped.Match(body) {
		return nil, refuse(40033, `不合法的请求字符，不能包含\uxxxx格式的字符`)
	}
	var p params
	if err := json.Unmarshal(body, &p); err != nil || p == nil {
		return nil, refuse(47001, "解析JSON/XML内容错误")
	}
	return p, nil
}

func formParams(body string) (params, *reply) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, refuse(40038, "不合法的请求格式")
	}
	p := params{}
	for name, values := range form {
		if len(values) > 1 {
			return nil, invalid(name)
		}
		if escaped.MatchString(values[0]) {
			return nil, refuse(40033, `不合法的请求字符，不能包含\uxxxx格式的字符`)
		}
		quoted := bytes.NewBuffer(nil)
		enc := json.NewEncoder(quoted)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(values[0]); err != nil {
			return nil, invalid(name)
		}
		p[name] = bytes.TrimSpace(quoted.Bytes())
	}
	return p, nil
}

// only refuses parameters that the documents do not have.
func (p params) only(names ...string) *reply {
	for name := range p {
		if !slices.Contains(names, name) {
			return invalid(name)
		}
	}
	return nil
}

// str returns a parameter that is a JSON string.
func (p params) str(name string) (value string, is bool) {
	raw, given := p[name]
	if !given || len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &value) != nil {
		return "", false
	}
	return value, true
}

// number returns a required whole number, given as a number or as text.
func (p params) number(name string) (int64, *reply) {
	raw, given := p[name]
	if !given {
		return 0, missing(name)
	}
	digits, is := p.str(name)
	if !is {
		digits = string(raw)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return 0, invalid(name)
	}
	return n, nil
}

// boolean returns an optional true or false, also as text.
func (p params) boolean(name string) (bool, *reply) {
	raw, given := p[name]
	switch strings.Trim(string(raw), `"`) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if given {
		return false, invalid(name)
	}
	return false, nil
}

// list returns an optional list of at most most items, separated by commas.
// Present but empty is DingTalk's 400001.
func (p params) list(name string, most int) ([]string, *reply) {
	if _, given := p[name]; !given {
		return nil, nil
	}
	text, is := p.str(name)
	if !is {
		return nil, invalid(name)
	}
	if text == "" {
		return nil, refuse(400001, "系统错误")
	}
	items := strings.Split(text, ",")
	if len(items) > most {
		return nil, invalid(name)
	}
	for _, i := range items {
		if i == "" || i != strings.TrimSpace(i) {
			return nil, invalid(name)
		}
	}
	return items, nil
}

// object returns a required parameter that is a JSON object, given as such or
// as text that holds one.
func (p params) object(name string) ([]byte, *reply) {
	raw, given := p[name]
	if !given {
		return nil, missing(name)
	}
	if text, is := p.str(name); is {
		if escaped.MatchString(text) {
			return nil, refuse(40033, `不合法的请求字符，不能包含\uxxxx格式的字符`)
		}
		raw = []byte(text)
	}
	if !json.Valid(raw) || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return nil, invalid(name)
	}
	return raw, nil
}
