package source

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

const (
	cePrefix  = "Ce-"
	ceVersion = cePrefix + "Specversion"
	ceID      = cePrefix + "Id"
)

// cloudEvent returns the event of the binary mode, whose attributes are
// headers and whose body is the data, as the structured mode would send it
// (CloudEvents' HTTP protocol binding 1.0.2, section 3.1), so that rules and
// templates see one form. What is structured stays as it is, and so does what
// has been through here before: the history keeps the structured form.
func cloudEvent(h http.Header, body json.RawMessage) json.RawMessage {
	if h.Get(ceVersion) == "" {
		return body
	}
	var whole struct {
		Version string `json:"specversion"`
		ID      string `json:"id"`
	}
	if json.Unmarshal(body, &whole) == nil && whole.Version != "" && whole.ID == attribute(h.Get(ceID)) {
		return body
	}
	event := map[string]any{"data": body}
	if given := h.Get("Content-Type"); given != "" {
		event["datacontenttype"] = given
	}
	for name := range h {
		if rest, is := strings.CutPrefix(name, cePrefix); is && !confidential(name) {
			event[strings.ToLower(rest)] = attribute(h.Get(name))
		}
	}
	return json.RawMessage(compact(event))
}

// attribute undoes the percent-encoding of an attribute in a header.
func attribute(value string) string {
	if plain, err := url.PathUnescape(value); err == nil {
		return strings.ToValidUTF8(plain, "\ufffd")
	}
	return value
}
