package dingtalk

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// documented are the codes of the global error table, of the pages on sending,
// results and limits, by what a sender has to do about them: written down from
// those pages, independently of meanings.
var documented = []struct {
	codes   string
	action  Action
	outcome Outcome
	wait    time.Duration
}{
	{"-1 15 500 34015 400001", Retry, Unknown, time.Second},
	{"41052", Retry, Rejected, 5 * time.Second},
	{"40001 40014 42001", RenewToken, Rejected, 0},
	{"45009 90001 90002 90003 90004 90005 90006 90007 90008 90009 90010 90011 90012 90013 90014 90017 90018 90019", SlowDown, Rejected, time.Second},
	{"41046 41047 41048 130101 143103 143104 143203 143204 1430003", SlowDown, Rejected, time.Minute},
	{"90020", QuotaUsedUp, Rejected, 15 * time.Minute},
	{"41045 143105 143205", Tomorrow, Rejected, 0},
	{"33012 40003 40031 46004 60121 40104 40009 60003 50002 50004", BadRecipient, Rejected, 0},
	{"22 404 33001 40000 41001 43001 43002 43003 43004 43005 43007 43008", Misconfigured, Rejected, time.Minute},
	{"40056 41011 52019 70003 70004 41030 41044 48002 48004 50003 50005 60011 60020 70001", Misconfigured, Rejected, time.Minute},
	{"40080 40082 40085 40088 40089 40096 853001 853002 853003 853004 900005", Misconfigured, Rejected, time.Minute},
	{"40 41 400002 34004 40008 34008 34009 34010 34011 34014 34016", GiveUp, Rejected, 0},
	{"45002 45003 45004 45005 45006 45007 40039 40067 40004 40005 40006 40007", GiveUp, Rejected, 0},
	{"40032 40033 40035 40038 41015 43009 47001 40048 41028 41029 41049 60022", GiveUp, Rejected, 0},
	{"143106 143206 1430000 1430001 1430002 1430004 885001 885006", GiveUp, Rejected, 0},
}

// TestCodes holds every documented code against what Send makes of it, at the
// top and behind a gateway's 88, and that no other code has a meaning.
func TestCodes(t *testing.T) {
	t.Parallel()
	known := map[int]bool{}
	var answer atomic.Value
	client := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) { say(answer.Load().(string))(w, r) })))
	for _, c := range documented {
		for _, code := range strings.Fields(c.codes) {
			n, err := strconv.Atoi(code)
			if err != nil || known[n] {
				t.Fatalf("%s stands twice, or is no code", code)
			}
			known[n] = true
			for _, body := range []string{
				fmt.Sprintf(`{"errcode":%s,"errmsg":"?"}`, code),
				fmt.Sprintf(`{"errcode":88,"sub_code":"%s","sub_msg":"?","errmsg":"ding talk error[subcode=%s,submsg=?]"}`, code, code),
			} {
				answer.Store(body)
				e := sendError(t, client)
				if e.Action != c.action || e.Outcome != c.outcome || e.RetryAfter != c.wait {
					t.Errorf("%s: %s, %s, %v; not %s, %s, %v", body, e.Action, e.Outcome, e.RetryAfter, c.action, c.outcome, c.wait)
				}
				if words := Words(code); words == "" || !strings.Contains(e.Error(), words) {
					t.Errorf("%s is not put in words: %s", body, e)
				}
			}
		}
	}
	for n := range meanings {
		if !known[n] {
			t.Errorf("%d has a meaning that no page gives it", n)
		}
	}
}

// TestAgentNamed: of the codes for any bad parameter, those about agent_id can
// be put right by a person, for every message.
func TestAgentNamed(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]Action{
		"agentId不合法": Misconfigured, "Invalid arguments:agent_id": Misconfigured, "AGENTID": Misconfigured,
		"taskId不合法": GiveUp, "Invalid arguments:msg": GiveUp, "": GiveUp,
	} {
		for _, code := range []string{"40", "41", "400002"} {
			if got := meaningOf(code, said); got.action != want {
				t.Errorf("%s %q: %s, not %s", code, said, got.action, want)
			}
		}
	}
	if got := meaningOf("34014", "agentId"); got.action != GiveUp {
		t.Errorf("34014 with agentId in its text: %s", got.action)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "x", "123456789", "90021", "90000"} {
		if w := Words(code); w != "" {
			t.Errorf("%q means %q", code, w)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e    Error
		want string
	}{
		{Error{Doing: "sending", Code: "88", SubCode: "40014", Message: "不合法", RequestID: "r1"},
			"sending: DingTalk answered 88/40014 (the access token is invalid): 不合法 [request_id r1]"},
		{Error{Doing: "sending", Code: "987654"}, "sending: DingTalk answered 987654"},
		{Error{Doing: "sending", Message: "no answer within 10s"}, "sending: no answer within 10s"},
	} {
		if got := c.e.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestHasCode: at the top and behind a gateway's 88, also through a wrapping.
func TestHasCode(t *testing.T) {
	t.Parallel()
	behind := fmt.Errorf("around: %w", &Error{Code: "88", SubCode: "60011"})
	for name, c := range map[string]struct {
		err   error
		codes []string
		want  bool
	}{
		"errcode":       {&Error{Code: "41052"}, []string{"41052"}, true},
		"one of them":   {&Error{Code: "40035"}, []string{"400002", "40035"}, true},
		"sub_code":      {behind, []string{"60011"}, true},
		"the gateway's": {behind, []string{"88"}, true},
		"another":       {&Error{Code: "400002"}, []string{"40000", "4000021"}, false},
		"none":          {&Error{}, []string{""}, false},
		"no error":      {nil, []string{"0", ""}, false},
		"no Error":      {errors.New("41052"), []string{"41052"}, false},
	} {
		if got := HasCode(c.err, c.codes...); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if !NoPermission(behind) || NoPermission(&Error{Code: "60003"}) || NoPermission(nil) {
		t.Error("NoPermission is wrong")
	}
}

// TestDropOf goes through the codes of getsendresult's page.
func TestDropOf(t *testing.T) {
	t.Parallel()
	for codes, want := range map[string]Drop{
		"143103 143104 143203 143204 1430003": DropPassing,
		"143105 143205":                       DropDaily,
		"143106 143206":                       DropSame,
		"1430000 1430001 1430002 1430004 41029 41045 999999 x": DropFinal,
	} {
		for _, code := range strings.Fields(codes) {
			if got := DropOf(code); got != want {
				t.Errorf("%s is %s, not %s", code, got, want)
			}
		}
	}
	if got := DropOf(""); got != DropFinal {
		t.Errorf("no code is %s", got)
	}
}
