package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"testing"
	"time"

	"workbell/secret"
)

// vendor is a third-party app.
func vendor(change ...func(*App)) App {
	a := App{Name: "vendor", Key: "suite", Secret: secret.New("suiteSecret"), AgentID: 7, ThirdParty: true,
		SuiteTicket: "TestSuiteTicket", CorpID: "ding1", Templates: []Template{{ID: "t1"}, {ID: "t2", Pending: true}}}
	for _, c := range change {
		c(&a)
	}
	return a
}

// signed are the query's parameters at the rig's time.
func (r *rig) signed() url.Values {
	timestamp := strconv.FormatInt(r.clock().UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte("suiteSecret"))
	mac.Write([]byte(timestamp + "\nTestSuiteTicket"))
	return url.Values{"accessKey": {"suite"}, "timestamp": {timestamp}, "suiteTicket": {"TestSuiteTicket"},
		"signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
}

func (r *rig) corpToken() far {
	r.t.Helper()
	return r.do("POST", PathCorpToken+"?"+r.signed().Encode(), jsonType, `{"auth_corpid":"ding1"}`)
}

// suite opens a sandbox with a third-party app, with its token.
func suite(t *testing.T, o Options, change ...func(*App)) *rig {
	t.Helper()
	o.Apps = []App{vendor(change...)}
	r := open(t, o)
	r.token = r.corpToken().Token
	return r
}

// TestCorpTokenVector is a signature from elsewhere, at its own time.
func TestCorpTokenVector(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Apps: []App{vendor()}})
	r.pass(time.UnixMilli(1527130370219).Sub(noon))
	const query = "?accessKey=suite&timestamp=1527130370219&suiteTicket=TestSuiteTicket&signature=Pf3FwHKyUPBqYRlE1ti0qtsOGDkSArtp2N15O%2FUM2zc%3D"
	a := r.do("POST", PathCorpToken+query, jsonType, `{"auth_corpid":"ding1"}`)
	if a.code() != "0" || a.Token == "" || a.ExpiresIn != 7200 || a.RequestID != "" {
		t.Errorf("%s", a.Raw)
	}
}

func TestCorpTokenRefusals(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Apps: []App{vendor(), {Key: "internal", Secret: secret.New("suiteSecret"), AgentID: 8}}})
	at := func(d time.Duration) string { return strconv.FormatInt(noon.Add(d).UnixMilli(), 10) }
	for name, c := range map[string]struct{ param, value, want string }{
		"in order":      {"accessKey", "suite", "0"},
		"no timestamp":  {"timestamp", "", "853001"},
		"a date":        {"timestamp", "2026-11-22", "853001"},
		"early":         {"timestamp", at(-time.Minute - time.Millisecond), "853002"},
		"late":          {"timestamp", at(time.Minute + time.Millisecond), "853002"},
		"within":        {"timestamp", at(time.Minute), "853004"}, // what was signed is another
		"unknown key":   {"accessKey", "x", "853003"},
		"internal app":  {"accessKey", "internal", "853003"},
		"signature":     {"signature", "AAAA", "853004"},
		"no signature":  {"signature", "", "853004"},
		"not base64":    {"signature", "%", "853004"},
		"other ticket":  {"suiteTicket", "x", "853004"},
		"escaped twice": {"signature", url.QueryEscape(r.signed().Get("signature")), "853004"},
	} {
		q := r.signed()
		q.Set(c.param, c.value)
		if a := r.do("POST", PathCorpToken+"?"+q.Encode(), jsonType, `{"auth_corpid":"ding1"}`); a.code() != c.want {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
	}
	for body, want := range map[string]string{`{"auth_corpid":"ding2"}`: "41030", `{}`: "40035", `{"auth_corpid":1}`: "40035", `x`: "47001"} {
		if a := r.do("POST", PathCorpToken+"?"+r.signed().Encode(), jsonType, body); a.code() != want {
			t.Errorf("%s: %s, not %s", body, a.Raw, want)
		}
	}
	if a := r.get(PathCorpToken + "?" + r.signed().Encode()); a.code() != "43002" {
		t.Errorf("by GET: %s", a.Raw)
	}
	if a := r.get(PathToken + "?appkey=suite&appsecret=suiteSecret"); a.code() != "40096" {
		t.Errorf("by gettoken: %s", a.Raw)
	}
	r.s.Adopt(vendor(func(a *App) { a.SuiteTicket = "new" }))
	if a := r.corpToken(); a.code() != "40085" {
		t.Errorf("an old ticket: %s", a.Raw)
	}
}

// TestCorpTokensAreNew: every answer is another token; the one before ends or
// not, as it is asked for.
func TestCorpTokensAreNew(t *testing.T) {
	t.Parallel()
	for ends, want := range map[bool]string{false: "0", true: "88/40014"} {
		r := suite(t, Options{NewTokenEndsOld: ends, TokenTTL: time.Hour})
		r.pass(time.Minute)
		if second := r.corpToken().Token; second == r.token || second == "" {
			t.Errorf("the second token is %q", second)
		}
		if a := r.template("t1", `"userid_list":"u1"`); a.code() != want {
			t.Errorf("the first, after a second was given: %s, not %s", a.Raw, want)
		}
		r.token = r.corpToken().Token
		r.pass(time.Hour - 1)
		if a := r.template("t1", `"userid_list":"u2"`); a.code() != "0" {
			t.Errorf("within its life: %s", a.Raw)
		}
		r.pass(1)
		if a := r.template("t1", `"userid_list":"u2"`); a.code() != "88/40014" {
			t.Errorf("after its life: %s", a.Raw)
		}
	}
}
