package console

import (
	"net/http"
	"sync"
	"time"
)

// record is what the console has been told since the process began.
type record struct {
	mu      sync.Mutex
	began   time.Time
	sources map[string]*sourceRecord
	reloads []reload // newest first
}

// sourceRecord is how a source's webhooks fared.
type sourceRecord struct {
	Taken, Refused int
	Last           time.Time // one was taken
	LastRefused    time.Time
	Code           int // of the last refusal
}

// reload is one load of rules.yaml.
type reload struct {
	At    time.Time
	Error string // empty: it succeeded
}

const maxReloads = 5

// Webhook notes how a source's webhook was answered. Those for sources that
// rules.yaml does not name are not counted.
func (c *Console) Webhook(source string, code int) {
	if source == "" {
		return
	}
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	s := c.record.sources[source]
	if s == nil {
		s = &sourceRecord{}
		c.record.sources[source] = s
	}
	if code == http.StatusAccepted {
		s.Taken, s.Last = s.Taken+1, time.Now()
		return
	}
	s.Refused, s.LastRefused, s.Code = s.Refused+1, time.Now(), code
}

// Reloaded notes a load of rules.yaml; err is why it failed.
func (c *Console) Reloaded(err error) {
	r := reload{At: time.Now()}
	if err != nil {
		r.Error = err.Error()
	}
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	c.record.reloads = append([]reload{r}, c.record.reloads[:min(len(c.record.reloads), maxReloads-1)]...)
}
