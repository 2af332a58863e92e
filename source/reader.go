package source

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/alertmanager/template"
)

// reader reads a notification as Alertmanager and Grafana write it, at less than
// half of what encoding/json costs. Wherever encoding/json might see a body
// otherwise (it is no JSON, a value is null or of another kind, a name is in
// other case, alerts come twice), the reader gives up, and encoding/json has
// the last word.
type reader struct {
	dec  *jsontext.Decoder
	body string // what dec reads; the strings of the notification are parts of it
	odd  bool   // the reader has given up
}

// decoders are used again, with the stacks that they have grown.
var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// quick reads body into n. Where it returns false, n is in no certain state.
func (n *Notification) quick(body []byte) bool {
	r := &reader{dec: decoders.Get().(*jsontext.Decoder), body: string(body)}
	r.dec.Reset(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	defer func() {
		r.dec.Reset(strings.NewReader("")) // lets go of body
		decoders.Put(r.dec)
	}()
	r.object(func(name string) bool { return n.member(r, name) })
	if _, err := r.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return false
	}
	return !r.odd
}

// member reads the value of a member of the notification; false if it is
// unknown.
func (n *Notification) member(r *reader, name string) bool {
	switch name {
	case "receiver":
		n.Receiver = r.string()
	case "status":
		n.Status = r.string()
	case "alerts":
		r.odd = r.odd || n.Alerts != nil
		n.Alerts = r.alerts()
	case "notification_reason":
		n.NotificationReason = r.string()
	case "groupLabels":
		n.GroupLabels = r.kv(n.GroupLabels)
	case "commonLabels":
		n.CommonLabels = r.kv(n.CommonLabels)
	case "commonAnnotations":
		n.CommonAnnotations = r.kv(n.CommonAnnotations)
	case "routeLabels":
		n.RouteLabels = r.kv(n.RouteLabels)
	case "externalURL":
		n.ExternalURL = r.string()
	case "version":
		n.Version = r.string()
	case "groupKey":
		n.GroupKey = r.string()
	case "truncatedAlerts":
		n.TruncatedAlerts = r.int()
	default:
		return false
	}
	return true
}

func (r *reader) alerts() template.Alerts {
	list := template.Alerts{}
	r.token('[')
	for !r.odd && r.dec.PeekKind() == '{' {
		list = append(list, template.Alert{})
		a := &list[len(list)-1]
		r.object(func(name string) bool { return r.alertMember(a, name) })
	}
	r.token(']')
	return list
}

func (r *reader) alertMember(a *template.Alert, name string) bool {
	switch name {
	case "status":
		a.Status = r.string()
	case "labels":
		a.Labels = r.kv(a.Labels)
	case "annotations":
		a.Annotations = r.kv(a.Annotations)
	case "startsAt":
		a.StartsAt = r.time()
	case "endsAt":
		a.EndsAt = r.time()
	case "generatorURL":
		a.GeneratorURL = r.string()
	case "fingerprint":
		a.Fingerprint = r.string()
	default:
		return false
	}
	return true
}

// object reads an object whose members known reads; others are skipped.
func (r *reader) object(known func(name string) bool) {
	r.token('{')
	for !r.odd && r.dec.PeekKind() == '"' {
		if name := r.string(); !known(name) {
			otherCase := slices.ContainsFunc(memberNames, func(n string) bool { return strings.EqualFold(n, name) })
			r.odd = r.odd || otherCase || r.dec.SkipValue() != nil
		}
	}
	r.token('}')
}

// memberNames are all names that are read, of which encoding/json takes any
// case.
var memberNames = []string{"receiver", "status", "alerts", "notification_reason", "groupLabels", "commonLabels", "commonAnnotations",
	"routeLabels", "externalURL", "version", "groupKey", "truncatedAlerts", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}

// kv reads into kv, which is there already where a name comes twice.
func (r *reader) kv(kv template.KV) template.KV {
	if kv == nil {
		kv = template.KV{}
	}
	r.token('{')
	for !r.odd && r.dec.PeekKind() == '"' {
		name := r.string()
		kv[name] = r.string()
	}
	r.token('}')
	return kv
}

func (r *reader) token(kind jsontext.Kind) {
	if t, err := r.dec.ReadToken(); err != nil || t.Kind() != kind {
		r.odd = true
	}
}

func (r *reader) value(kind jsontext.Kind) jsontext.Value {
	v, err := r.dec.ReadValue()
	if err != nil || v.Kind() != kind {
		r.odd = true
		return nil
	}
	return v
}

func (r *reader) string() string {
	v := r.value('"')
	if r.odd {
		return ""
	}
	if bytes.IndexByte(v, '\\') < 0 {
		end := int(r.dec.InputOffset())
		return r.body[end-len(v)+1 : end-1]
	}
	s, err := jsontext.AppendUnquote(nil, v)
	r.odd = r.odd || err != nil
	return string(s)
}

func (r *reader) time() time.Time {
	var at time.Time
	if v := r.value('"'); r.odd || at.UnmarshalJSON(v) != nil {
		r.odd = true
	}
	return at
}

func (r *reader) int() int {
	i, err := strconv.Atoi(string(r.value('0')))
	r.odd = r.odd || err != nil
	return i
}
