package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// signatureLife is how far a signature's timestamp may be off (853002).
const signatureLife = time.Minute

// getCorpToken is get_corp_token: the signed parameters stand in the query, the
// organisation in the body. Every answer is a new token.
func (s *Sandbox) getCorpToken(r request) *reply {
	if r.Method != http.MethodPost {
		return refuse(43002, "需要POST请求")
	}
	p, refused := readParams(r)
	if refused != nil {
		return refused
	}
	corp, is := p.str("auth_corpid")
	if !is || corp == "" {
		return refuse(40035, "缺少参数 auth_corpid")
	}
	q := r.URL.Query()
	ms, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	if err != nil {
		return refuse(853001, "时间戳格式错误")
	}
	if r.at.Sub(time.UnixMilli(ms)).Abs() > signatureLife {
		return refuse(853002, "时间戳与服务器时间相差超过1分钟")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.apps, func(a *app) bool { return a.ThirdParty && a.Key == q.Get("accessKey") })
	if i < 0 {
		return refuse(853003, "accessKey不存在")
	}
	a := s.apps[i]
	mac := hmac.New(sha256.New, []byte(a.Secret.Reveal()))
	mac.Write([]byte(q.Get("timestamp") + "\n" + q.Get("suiteTicket")))
	given, err := base64.StdEncoding.DecodeString(q.Get("signature"))
	switch {
	case err != nil || !hmac.Equal(given, mac.Sum(nil)):
		return refuse(853004, "签名不匹配")
	case q.Get("suiteTicket") == "" || a.SuiteTicket != "" && a.SuiteTicket != q.Get("suiteTicket"):
		return refuse(40085, "suiteticket不存在")
	case a.CorpID != "" && a.CorpID != corp:
		return refuse(41030, "企业未对该套件授权")
	}
	return s.giveToken(a.grant(r.at.Add(s.opt.TokenTTL), s.opt.NewTokenEndsOld))
}
