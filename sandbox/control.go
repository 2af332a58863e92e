package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// routes lays out the page and the controls beside the API, which has every
// other path. Other sites' pages cannot use the controls.
func (s *Sandbox) routes() http.Handler {
	own := http.NewServeMux()
	own.HandleFunc("GET /{$}", s.servePage)
	own.HandleFunc("GET /sandbox/style.css", serveAsset("text/css; charset=utf-8", style))
	own.HandleFunc("GET /sandbox/page.js", serveAsset("text/javascript; charset=utf-8", script))
	own.HandleFunc("GET /sandbox/icon.svg", serveAsset("image/svg+xml", icon))
	own.HandleFunc("GET /sandbox/events", s.serveEvents)
	own.HandleFunc("POST /sandbox/read", s.serveRead)
	own.HandleFunc("POST /sandbox/reset", s.serveReset)
	own.HandleFunc("GET /sandbox/faults", s.listFaults)
	own.HandleFunc("POST /sandbox/faults", s.orderFault)
	own.HandleFunc("DELETE /sandbox/faults", s.healFaults)
	own.HandleFunc("POST /sandbox/templates", s.serveTemplate)
	own.HandleFunc("GET /sandbox/ledger", s.serveLedger)
	own.HandleFunc("GET /sandbox/counters", s.serveCounters)
	guarded := http.NewCrossOriginProtection().Handler(own)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/sandbox/") {
			guarded.ServeHTTP(w, r)
			return
		}
		s.serveAPI(w, r)
	})
}

// faultOrder is a Fault as JSON, durations as "1m30s".
type faultOrder struct {
	Kind        Kind    `json:"kind"`
	Path        string  `json:"path,omitempty"`
	Times       int     `json:"times,omitempty"`
	For         string  `json:"for,omitempty"`
	Probability float64 `json:"probability,omitempty"`
	Wait        string  `json:"wait,omitempty"`
	Status      int     `json:"status,omitempty"`
	Code        int     `json:"code,omitempty"`
	Message     string  `json:"message,omitempty"`
	User        string  `json:"user,omitempty"`
}

func (o faultOrder) fault() (Fault, error) {
	f := Fault{Kind: o.Kind, Path: o.Path, Times: o.Times, Probability: o.Probability, Status: o.Status, Code: o.Code, Message: o.Message, User: o.User}
	for _, d := range []struct {
		name, text string
		to         *time.Duration
	}{{"for", o.For, &f.For}, {"wait", o.Wait, &f.Wait}} {
		if d.text == "" {
			continue
		}
		v, err := time.ParseDuration(d.text)
		if err != nil {
			return f, fmt.Errorf("%s is %q; write a duration like 10s or 1m30s", d.name, d.text)
		}
		*d.to = v
	}
	return f, nil
}

func (s *Sandbox) orderFault(w http.ResponseWriter, r *http.Request) {
	var o faultOrder
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&o); err != nil {
		http.Error(w, "reading the fault: "+err.Error(), http.StatusBadRequest)
		return
	}
	f, err := o.fault()
	if err == nil {
		err = s.Fail(f)
	}
	if err != nil {
		http.Error(w, "ordering the fault: "+err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) listFaults(w http.ResponseWriter, _ *http.Request) {
	orders := []faultOrder{}
	for _, f := range s.Faults() {
		o := faultOrder{Kind: f.Kind, Path: f.Path, Times: f.Times, Probability: f.Probability, Status: f.Status, Code: f.Code, Message: f.Message, User: f.User}
		if f.For > 0 {
			o.For = f.For.String()
		}
		if f.Wait > 0 {
			o.Wait = f.Wait.String()
		}
		orders = append(orders, o)
	}
	writeJSON(w, orders)
}

func (s *Sandbox) healFaults(w http.ResponseWriter, _ *http.Request) {
	s.Heal()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) serveReset(w http.ResponseWriter, _ *http.Request) {
	s.Reset()
	w.WriteHeader(http.StatusNoContent)
}

// serveRead marks what is on a user's phone as read: one task, or everything.
func (s *Sandbox) serveRead(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Has("task") {
		task, err := strconv.ParseInt(q.Get("task"), 10, 64)
		if err != nil || !s.ReadTask(q.Get("user"), task) {
			http.Error(w, fmt.Sprintf("task %q is not on the phone of %q, unread", q.Get("task"), q.Get("user")), http.StatusNotFound)
			return
		}
	} else {
		s.Read(q.Get("user"))
	}
	w.WriteHeader(http.StatusNoContent)
}

// serveTemplate makes a template known to an app, or changes its approval.
func (s *Sandbox) serveTemplate(w http.ResponseWriter, r *http.Request) {
	var order struct {
		AgentID int64 `json:"agent_id"`
		Template
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	dec.DisallowUnknownFields()
	err := dec.Decode(&order)
	if err == nil {
		err = s.SetTemplate(order.AgentID, order.Template)
	}
	if err != nil {
		http.Error(w, "setting the template: "+err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// maxListed is the most calls in one answer of the ledger.
const maxListed = 1000

// serveLedger gives one task, or the newest calls.
func (s *Sandbox) serveLedger(w http.ResponseWriter, r *http.Request) {
	if q := r.URL.Query(); q.Has("task") {
		task, err := strconv.ParseInt(q.Get("task"), 10, 64)
		call, kept := s.Task(task)
		if err != nil || !kept {
			http.Error(w, fmt.Sprintf("task %q is not kept", q.Get("task")), http.StatusNotFound)
			return
		}
		writeJSON(w, call)
		return
	}
	n := 100
	if q := r.URL.Query().Get("limit"); q != "" {
		var err error
		if n, err = strconv.Atoi(q); err != nil || n < 1 || n > maxListed {
			http.Error(w, fmt.Sprintf("limit is %q; write a number from 1 to %d", q, maxListed), http.StatusBadRequest)
			return
		}
	}
	writeJSON(w, struct {
		Counters Counters `json:"counters"`
		Calls    []Call   `json:"calls"` // the newest, oldest first
	}{s.Counters(), s.last(n)})
}

func (s *Sandbox) serveCounters(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Counters()) }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}
