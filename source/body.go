package source

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/textproto"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep a body may be nested.
const maxDepth = 200

const formType = "application/x-www-form-urlencoded"

// takes says whether h announces a body that the source can read. A missing
// Content-Type passes: the body then shows what it is. Nothing compressed is
// taken, so a small body cannot become a large one. What a beat holds does not
// matter.
func (s *Source) takes(h http.Header) bool {
	if s.kind == Heartbeat {
		return true
	}
	for _, encoding := range h.Values("Content-Encoding") {
		if encoding != "" && !strings.EqualFold(strings.TrimSpace(encoding), "identity") {
			return false
		}
	}
	switch media := mediaType(h); media {
	case "", "application/json", "text/json":
		return true
	case formType:
		return s.forms
	default:
		return strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
	}
}

// mediaType is the bare Content-Type in lower case; "" without one.
func mediaType(h http.Header) string {
	given := h.Get("Content-Type")
	if given == "" || given == "application/json" { // no need to parse what nearly all send
		return given
	}
	media, _, err := mime.ParseMediaType(given)
	if err != nil {
		return "unreadable"
	}
	return media
}

// tidy returns body without a byte order mark and as valid UTF-8. Nothing is
// copied where nothing is wrong. It refuses what is nested too deep.
func tidy(body []byte) ([]byte, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if tooDeep(body) {
		return nil, bad("the body is nested deeper than %d levels", maxDepth)
	}
	if !utf8.Valid(body) && !bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		body = bytes.ToValidUTF8(body, []byte("\ufffd"))
	}
	return body, nil
}

// parse is tidy for those who decode later: the result is valid JSON.
func parse(body []byte) (json.RawMessage, error) {
	body, err := tidy(body)
	if err != nil {
		return nil, err
	}
	if !json.Valid(body) {
		return nil, badJSON(body, json.Unmarshal(body, new(json.RawMessage)))
	}
	return body, nil
}

func tooDeep(body []byte) bool {
	if bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) <= maxDepth {
		return false
	}
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// headers returns what may be kept and shown of h; signature is the header
// that carries it, if any.
func headers(h http.Header, signature string) map[string]string {
	kept := make(map[string]string, len(h))
	for name, values := range h {
		if name == signature || confidential(name) {
			continue
		}
		if len(values) == 1 {
			kept[name] = values[0]
		} else {
			kept[name] = strings.Join(values, ", ")
		}
	}
	return kept
}

// plainHeaders are the common ones that need no closer look.
var plainHeaders = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Content-Length": true, "Content-Type": true, "User-Agent": true,
	"X-Forwarded-For": true, "X-Forwarded-Proto": true, "X-Github-Delivery": true, "X-Github-Event": true,
}

// confidential says whether a header may carry a credential or a signature.
// It rather leaves out too much: what it lets through is kept and shown.
func confidential(name string) bool {
	if plainHeaders[name] {
		return false
	}
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "proxy-") {
		return true
	}
	for _, word := range []string{"authorization", "cookie", "signature", "token", "secret", "password", "api-key", "apikey"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func canonical(header string) string { return textproto.CanonicalMIMEHeaderKey(header) }
