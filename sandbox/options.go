package sandbox

import (
	"cmp"
	"time"

	"workbell/secret"
)

// Address is where `workbell sandbox` and `workbell serve --sandbox` put the
// stand-in and its page.
const Address = "127.0.0.1:8062"

// Options say what DingTalk the sandbox is. The zero value is one app
// (DefaultApp) in the organisation of DefaultDirectory, with the documented
// limits.
type Options struct {
	Apps      []App
	Directory Directory
	// AdoptUnknown makes an unknown user id an employee, and an unknown
	// department one with three employees, on first sight, and has any media id
	// and any template exist, so that any rules.yaml shows something. Otherwise
	// they are invalid.
	AdoptUnknown bool
	// Media are media ids that exist besides those that are uploaded.
	Media    []string
	Limits   Limits
	TokenTTL time.Duration // of a token, default 7200 s, at least 1 s
	// NewTokenEndsOld makes each answer of get_corp_token end the token before
	// it. Whether DingTalk does so is not documented.
	NewTokenEndsOld bool
	// DeliveryTime is how long a task is under way: over it its progress goes
	// up and its result fills. 0: done at once.
	DeliveryTime time.Duration
	// StatusBarWindow is how long after it was sent a message's status bar can
	// be updated: default 7 days (official page; the FAQ has 24 hours).
	StatusBarWindow time.Duration
	// Ledger is how many accepted calls are kept whole, with their
	// notifications: default 10,000; negative: only counters are kept.
	Ledger int
	// Now is the clock, default time.Now.
	Now func() time.Time
}

// App is one app that may call.
type App struct {
	Name    string // as employees see it; default "workbell"
	Key     string // app_key or suite_key
	Secret  secret.Secret
	AgentID int64
	// Lacks are the permissions that it was not given, by DingTalk's names
	// ("qyapi_get_department_list"): their APIs answer 88/60011.
	Lacks []string

	// ThirdParty apps have tokens by get_corp_token, send by template, and have
	// the tighter limits.
	ThirdParty bool
	// Legacy is for third-party apps created before 2020-11-27, which may send
	// with asyncsend_v2 too.
	Legacy bool
	// SuiteTicket and CorpID are those that get_corp_token takes; "": any.
	SuiteTicket, CorpID string
	Templates           []Template
}

// Template is a message template of a third-party app.
type Template struct {
	ID      string `json:"id"`
	Pending bool   `json:"pending"` // not approved: 885006
}

// DefaultApp is the app where Options name none.
func DefaultApp() App {
	return App{Name: "workbell", Key: "sandbox", Secret: secret.New("sandbox"), AgentID: 1}
}

// Limits are DingTalk's (official page of asyncsend_v2; "API rate limit").
// 0 is the documented default, negative is no limit.
type Limits struct {
	RecipientsPerCall         int // silent; default 5000
	RecipientsPerMinute       int // silent, any 60 s; default 5000
	MessagesPerEmployeePerDay int // silent; default 500
	EveryonePerDay            int // silent; default 3
	// The same two for third-party apps; default 1000 and 100.
	ThirdPartyRecipientsPerCall         int
	ThirdPartyMessagesPerEmployeePerDay int

	CallsPerSecond  int // 88/90018, any second, by API; default 20
	CallsPerMonth   int // 90020; default none
	CallsPerAddress int // the ban page for 5 minutes, any 20 s; default none, DingTalk's is 10,000
}

const none = 1 << 30

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		limit *int
		other int
	}{
		{&l.RecipientsPerCall, 5000}, {&l.RecipientsPerMinute, 5000}, {&l.MessagesPerEmployeePerDay, 500},
		{&l.ThirdPartyRecipientsPerCall, 1000}, {&l.ThirdPartyMessagesPerEmployeePerDay, 100},
		{&l.EveryonePerDay, 3}, {&l.CallsPerSecond, 20}, {&l.CallsPerMonth, none}, {&l.CallsPerAddress, none},
	} {
		*f.limit = cmp.Or(*f.limit, f.other)
		if *f.limit < 0 {
			*f.limit = none
		}
	}
	return l
}

func (o Options) withDefaults() Options {
	if len(o.Apps) == 0 {
		o.Apps = []App{DefaultApp()}
	}
	if len(o.Directory.Employees) == 0 && len(o.Directory.Depts) == 0 {
		o.Directory = DefaultDirectory()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenTTL < time.Second {
		o.TokenTTL = cmp.Or(max(o.TokenTTL, 0), 7200*time.Second)
		o.TokenTTL = max(o.TokenTTL, time.Second)
	}
	o.StatusBarWindow = cmp.Or(o.StatusBarWindow, 7*24*time.Hour)
	o.Ledger = cmp.Or(o.Ledger, 10_000)
	o.Limits = o.Limits.withDefaults()
	return o
}
