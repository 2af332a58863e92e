package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// leaks are the ways in which a far end can make a client fail, each telling
// the client's own secrets back to it as well as it can.
var leaks = map[string]func(w http.ResponseWriter, r *http.Request){
	"errmsg": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":34014,"errmsg":%q}`, secrets(r))
	},
	"sub_msg": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":88,"sub_code":"40014","sub_msg":%q}`, secrets(r))
	},
	"sub_code": func(w http.ResponseWriter, r *http.Request) { tell(w, 200, `{"errcode":88,"sub_code":%q}`, secrets(r)) },
	"errcode":  func(w http.ResponseWriter, r *http.Request) { tell(w, 200, `{"errcode":%q}`, secrets(r)) },
	"request_id": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":-1,"request_id":%q}`, secrets(r))
	},
	"the URL": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":40,"errmsg":%q}`, r.URL.String())
	},
	"a wrong URL": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":40,"errmsg":"access_token=%s"}`, "t0k3n%2f%2B")
	},
	"a long text": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":40,"errmsg":%q}`, strings.Repeat(secrets(r), 50))
	},
	"types": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":0,"task_id":%q,"access_token":{"a":1}}`, secrets(r))
	},
	"ok": func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":0,"request_id":%q}`, secrets(r))
	},
	"a page":   func(w http.ResponseWriter, r *http.Request) { tell(w, 403, `<html>%s</html>`, secrets(r)) },
	"a status": func(w http.ResponseWriter, r *http.Request) { tell(w, 500, "%s", secrets(r)) },
	"Location": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://elsewhere.test/"+r.URL.String())
		tell(w, 302, "%s", "")
	},
	"a bad Location": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://%zz"+r.URL.String())
		tell(w, 302, "%s", "")
	},
	"a bad head": func(w http.ResponseWriter, r *http.Request) { cut("HTTP/1.1 "+r.URL.String()+"\r\n\r\n")(w, r) },
	"a bad name": func(w http.ResponseWriter, r *http.Request) { cut("HTTP/1.1 200 OK\r\n"+secrets(r)+"\r\n\r\n")(w, r) },
	"a cut":      func(w http.ResponseWriter, r *http.Request) { cut("")(w, r) },
}

// secrets are those that a request carries, plain and as they stand in its URL.
func secrets(r *http.Request) string {
	q := r.URL.Query()
	plain := q.Get("access_token") + q.Get("appsecret") + q.Get("suiteTicket")
	return plain + " " + url.QueryEscape(plain) + " " + url.PathEscape(plain)
}

func tell(w http.ResponseWriter, status int, format, said string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, format, said)
}

// TestNoErrorHoldsASecret calls every method against every leak, both of the
// call itself and of gettoken, and against what fails without an answer.
func TestNoErrorHoldsASecret(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = quiet
	t.Cleanup(untrusted.Close)
	bases := map[string]string{"refused": gone.URL, "untrusted": untrusted.URL, "unresolved": "http://oapi.dingtalk.invalid"}
	for name, leak := range leaks {
		bases[name+", by a call"] = serve(t, api(leak))
		bases[name+", by gettoken"] = serve(t, http.HandlerFunc(leak))
	}
	for name, base := range bases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, c := range map[string]*Client{"no token": newClient(t, base), "a token": newClient(t, base),
				"third party, no token": newClient(t, base, thirdParty), "third party, a token": newClient(t, base, thirdParty)} {
				t.Run(what, func(t *testing.T) {
					t.Parallel()
					if strings.HasSuffix(what, "a token") {
						c.held = token{value: testToken, renew: time.Now().Add(time.Hour), expires: time.Now().Add(time.Hour)}
					}
					checkSecrets(t, c)
				})
			}
		})
	}
}

func checkSecrets(t *testing.T, c *Client) {
	t.Helper()
	_, sent := c.Send(t.Context(), lin, hello)
	_, progress := c.Progress(t.Context(), 1)
	_, result := c.Result(t.Context(), 1)
	_, upload := c.UploadMedia(t.Context(), "image", "a.png", []byte("x"))
	_, dept := c.Department(t.Context(), 1)
	_, users := c.DepartmentUsers(t.Context(), 1)
	_, below := c.SubDepartments(t.Context(), 1)
	_, template := c.SendTemplate(t.Context(), lin, "t1", nil)
	calls := []error{sent, progress, result, upload, dept, users, below, template}
	// Where all that is needed is an errcode of 0, a leak may be no failure.
	rest := []error{c.Recall(t.Context(), 1), c.UpdateStatusBar(t.Context(), 1, "x", ""), c.Token(t.Context())}
	for i, err := range append(calls, rest...) {
		if err == nil {
			if i < len(calls) {
				t.Errorf("call %d did not fail", i)
			}
			continue
		}
		e := failed(t, err)
		whole, marshalErr := json.Marshal(e)
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		for u := error(e); u != nil; u = errors.Unwrap(u) {
			if text := fmt.Sprintf("%v %+v %#v %s", u, u, u, whole); revealed(text) {
				t.Error(text)
			}
		}
		if len(e.Message) > maxMessage || len(e.RequestID) > maxID || len(e.Code) > maxID || len(e.SubCode) > maxID {
			t.Errorf("not bounded: %v", e)
		}
	}
}

// TestReceiptHoldsNoSecret: also a request_id of a success comes from outside.
func TestReceiptHoldsNoSecret(t *testing.T) {
	t.Parallel()
	c := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) {
		tell(w, 200, `{"errcode":0,"task_id":1,"request_id":%q}`, r.URL.Query().Get("access_token")+strings.Repeat("x", 100))
	})))
	sent, err := c.Send(t.Context(), lin, hello)
	if err != nil || revealed(sent.RequestID) || len(sent.RequestID) > maxID {
		t.Errorf("%+v, %v", sent, err)
	}
}

// TestClientPrintsNoSecret: nor does a client or its Options, printed whole.
func TestClientPrintsNoSecret(t *testing.T) {
	t.Parallel()
	o := Options{BaseURL: "http://" + net.IPv4(127, 0, 0, 1).String(), AppKey: "key", AppSecret: newSecret(), AgentID: 7}
	third := o
	thirdParty(&third)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", o, o, o), fmt.Sprintf("%+v", &o), fmt.Sprintf("%+v %#v", third, third)} {
		if revealed(text) {
			t.Error(text)
		}
	}
}
