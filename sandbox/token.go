package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"
)

// app is an App with its tokens and the limits that it has used. Sandbox.mu
// guards it.
type app struct {
	App
	tokens []token // oldest first; of an internal app one at most
	used   *used
}

type token struct {
	value string
	ends  time.Time
}

// maxTokens is how many tokens of a third-party app are good at a time.
const maxTokens = 100

// grant gives the app a token until ends; the old ones end if that is asked for.
func (a *app) grant(ends time.Time, endOld bool) token {
	if len(a.tokens) >= maxTokens {
		a.tokens = a.tokens[1:]
	}
	if endOld {
		a.tokens = nil
	}
	t := token{strings.ToLower(rand.Text()), ends}
	a.tokens = append(a.tokens, t)
	return t
}

// gettoken answers with the same token until it expires, and pushes its end on
// (official page of gettoken). Parameters count in the query alone.
func (s *Sandbox) gettoken(r request) *reply {
	if r.Method != http.MethodGet {
		return refuse(43001, "需要GET请求")
	}
	q := r.URL.Query()
	key, secret := q.Get("appkey"), q.Get("appsecret")
	if key == "" || secret == "" {
		return refuse(40035, "缺少参数 corpid or appkey")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		if a.ThirdParty || a.Key != key || subtle.ConstantTimeCompare([]byte(a.Secret.Reveal()), []byte(secret)) == 0 {
			continue
		}
		ends := r.at.Add(s.opt.TokenTTL)
		if len(a.tokens) == 0 || !r.at.Before(a.tokens[0].ends) {
			a.grant(ends, true)
		}
		a.tokens[0].ends = ends
		return s.giveToken(a.tokens[0])
	}
	return refuse(40096, "不合法的appKey或appSecret")
}

func (s *Sandbox) giveToken(t token) *reply {
	answer := accepted()
	answer.Token, answer.ExpiresIn = t.value, int64(s.opt.TokenTTL/time.Second)
	return answer
}

// authenticate finds the app by the token in the query, or in a form's body;
// never in a header.
func (s *Sandbox) authenticate(r request, p params) (*app, *reply) {
	given := r.URL.Query().Get("access_token")
	if inBody, is := p.str("access_token"); is && given == "" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		given = inBody
		delete(p, "access_token")
	}
	if given == "" {
		return nil, gateway("40000", "access_token is blank")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		if slices.ContainsFunc(a.tokens, func(t token) bool { return t.value == given && r.at.Before(t.ends) }) {
			return a, nil
		}
	}
	return nil, gateway("40014", "不合法的access_token")
}

// ExpireTokens ends every token now.
func (s *Sandbox) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		a.tokens = nil
	}
}
