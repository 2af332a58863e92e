package source

import (
	"net/http"
	"time"
)

// Replay makes the events of a webhook again from what the history keeps of
// it: the headers without credentials, and the payload as JSON. It checks no
// credentials: they were checked when the webhook was taken. Its error is a
// *BadRequest: the source has become another since, say.
func (s *Source) Replay(headers map[string]string, payload []byte, received time.Time) ([]*Event, error) {
	h := make(http.Header, len(headers))
	for name, value := range headers {
		h.Set(name, value)
	}
	h.Del("Content-Type") // a form's payload is kept as the JSON that it held
	e := &Event{Source: s.name, Kind: s.kind, Headers: headers, Received: received}
	return s.decoder.decode(h, payload, e)
}
