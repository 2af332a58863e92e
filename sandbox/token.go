package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// app is an App with its token and the limits that it has used. Sandbox.mu
// guards it.
type app struct {
	App
	token   string
	expires time.Time
	used    used
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
		if a.Key != key || subtle.ConstantTimeCompare([]byte(a.Secret.Reveal()), []byte(secret)) == 0 {
			continue
		}
		if a.token == "" || !r.at.Before(a.expires) {
			a.token = strings.ToLower(rand.Text())
		}
		a.expires = r.at.Add(s.opt.TokenTTL)
		answer := accepted()
		answer.Token, answer.ExpiresIn = a.token, int64(s.opt.TokenTTL/time.Second)
		return answer
	}
	return refuse(40096, "不合法的appKey或appSecret")
}

// authenticate finds the app by the token in the query, or in a form's body;
// never in a header.
func (s *Sandbox) authenticate(r request, p params) (*app, *reply) {
	token := r.URL.Query().Get("access_token")
	if inBody, is := p.str("access_token"); is && token == "" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		token = inBody
		delete(p, "access_token")
	}
	if token == "" {
		return nil, gateway("40000", "access_token is blank")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		if a.token == token && r.at.Before(a.expires) {
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
		a.token = ""
	}
}
