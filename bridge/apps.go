package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"workbell/config"
	"workbell/dingtalk"
	"workbell/dispatch"
	"workbell/followup"
	"workbell/message"
	"workbell/outbox"
)

// settings makes a client for each app: what dispatcher and follower work with.
func (b *Bridge) settings(cfg *config.Config) (dispatch.Settings, followup.Settings, clients, error) {
	dt, made := &cfg.DingTalk, clients{}
	d := dispatch.Settings{CallsPerMonth: *dt.CallsPerMonth, Zone: dt.Location}
	f := followup.Settings{CallsPerMonth: *dt.CallsPerMonth, Zone: dt.Location, Renderer: b.renderer()}
	for i := range dt.Apps {
		a := &dt.Apps[i]
		client, err := NewClient(dt, a, b.o.Version, tokens{b.store, a.Name})
		if err != nil {
			return d, f, nil, err
		}
		client.TokenAsked = func(code string) { b.metrics.tokens.WithLabelValues(a.Name, code).Inc() }
		made[a.Name] = client
		app := dispatch.App{Name: a.Name, Limits: a.Limits, Client: client}
		if a.Type == config.ThirdParty {
			app.Client, app.PeoplePerCall = byTemplate{client}, message.SendByTemplate.People
		}
		d.Apps = append(d.Apps, app)
		f.Apps = append(f.Apps, followup.App{Name: a.Name, Client: client,
			CallsPerSecond: a.Limits.CallsPerSecond, PeoplePerCall: a.Limits.RecipientsPerMinute})
	}
	return d, f, made, nil
}

// NewClient makes the client of one app. store keeps a third-party app's token
// for all replicas; nil: each client has its own.
func NewClient(dt *config.DingTalk, a *config.App, version string, store dingtalk.TokenStore) (*dingtalk.Client, error) {
	o := dingtalk.Options{
		BaseURL: dt.BaseURL, AppKey: a.AppKey, AppSecret: a.AppSecret, AgentID: a.AgentID,
		UserAgent: "workbell/" + version,
	}
	if a.Type == config.ThirdParty {
		o.SuiteKey, o.SuiteSecret, o.AuthCorpID, o.Tokens = a.SuiteKey, a.SuiteSecret, a.AuthCorpID, store
		o.SuiteTicket = func() (string, error) { return ticket(a) }
	}
	c, err := dingtalk.New(o)
	if err != nil {
		return nil, fmt.Errorf("app %s: %w", a.Name, err)
	}
	return c, nil
}

// ticket returns the suite ticket as it is now: DingTalk pushes a new one every
// few hours to whatever writes the file.
func ticket(a *config.App) (string, error) {
	if a.SuiteTicketFile == "" {
		return a.SuiteTicket.Reveal(), nil
	}
	text, err := os.ReadFile(a.SuiteTicketFile)
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", fmt.Errorf("reading suite_ticket_file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// appStatus is how an app fares.
type appStatus struct {
	dispatch.AppStatus
	FollowUps *followup.Pause `json:"followups,omitempty"` // where they pause
}

func (b *Bridge) status() []appStatus {
	all, pauses := []appStatus{}, b.follower.Pauses()
	for _, s := range b.dispatcher.Status() {
		one := appStatus{AppStatus: s}
		if p, is := pauses[s.App]; is {
			one.FollowUps = &p
		}
		all = append(all, one)
	}
	return all
}

// byTemplate sends with sendbytemplate: what third-party apps have.
type byTemplate struct{ *dingtalk.Client }

// Send takes the message apart into its template's id and data.
func (c byTemplate) Send(ctx context.Context, to message.Recipients, msg []byte) (dingtalk.Sent, error) {
	id, data, err := message.TemplateOf(msg)
	if err != nil {
		return dingtalk.Sent{}, &dingtalk.Error{Doing: "sending by template", Message: err.Error(),
			Action: dingtalk.GiveUp, Outcome: dingtalk.Unsent}
	}
	return c.SendTemplate(ctx, to, id, data)
}

// tokens keeps a third-party app's token among the facts of the store, sealed.
type tokens struct {
	store outbox.Store
	app   string
}

var _ dingtalk.TokenStore = tokens{}

func (t tokens) key(what string) string { return what + "/" + t.app }

// Load returns what is kept.
func (t tokens) Load(ctx context.Context) (sealed string, until time.Time, err error) {
	facts, err := t.store.Facts(ctx, t.key("token"))
	f := facts[t.key("token")]
	return string(f.Value), f.Until, err
}

// Lock takes the lease to fetch a token, for a little longer than a call takes.
func (t tokens) Lock(ctx context.Context) (unlock func(), ok bool, err error) {
	lease := outbox.Fact{Key: t.key("token-lease"), Until: time.Now().Add(dingtalk.Timeout + 5*time.Second)}
	ok, err = t.store.Learn(ctx, lease, true)
	if !ok || err != nil {
		return nil, false, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = t.store.Forget(ctx, lease.Key) // else the lease ends by itself
	}, true, nil
}

// Save keeps a token.
func (t tokens) Save(ctx context.Context, sealed string, until time.Time) error {
	_, err := t.store.Learn(ctx, outbox.Fact{Key: t.key("token"), Value: []byte(sealed), Until: until}, false)
	return err
}
