package source

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"workbell/secret"
)

func secrets(values ...string) []secret.Secret {
	var all []secret.Secret
	for _, v := range values {
		all = append(all, secret.New(v))
	}
	return all
}

func mac(key, body string) []byte {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(body))
	return m.Sum(nil)
}

// GitHub's own vector ("Validating webhook deliveries"), and that of Standard
// Webhooks' libraries.
const (
	vectorSecret    = "It's a Secret to Everybody"
	vectorBody      = "Hello, World!"
	vectorSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

	stdSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	stdOther     = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	stdID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	stdTime      = 1614265330
	stdBody      = `{"test": 2432232314}`
	stdSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

// basicAuth is the header of HTTP basic authentication.
func basicAuth(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

func standardHeaders(id, at, signature string) map[string]string {
	return map[string]string{"webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature}
}

type authCase struct {
	auth   Auth
	kind   string
	header map[string]string
	body   string
	now    int64
	admit  bool // what the headers alone allow
	verify bool
}

func authCases() map[string]authCase {
	bearer := Auth{BearerToken: secret.New("tok-en")}
	basic := Auth{Basic: &Basic{"am", secret.New("pass:word")}}
	hub := Auth{Secrets: secrets("new", vectorSecret)}
	sign := Auth{HMAC: &HMAC{"x-signature", secrets("new", "old")}}
	std := Auth{StandardWebhooks: &StandardWebhooks{secrets(stdOther, stdSecret)}}
	hexOld, b64Old := hex.EncodeToString(mac("old", "body")), base64.StdEncoding.EncodeToString(mac("old", "body"))
	sha1Sum := hmac.New(sha1.New, []byte(vectorSecret))
	sha1Sum.Write([]byte(vectorBody))

	one := func(name, value string) map[string]string { return map[string]string{name: value} }
	cases := map[string]authCase{
		"none":                    {admit: true, verify: true},
		"bearer":                  {auth: bearer, header: one("Authorization", "Bearer tok-en"), admit: true, verify: true},
		"bearer, any case":        {auth: bearer, header: one("Authorization", "bearer  tok-en"), admit: true, verify: true},
		"bearer missing":          {auth: bearer},
		"bearer empty":            {auth: bearer, header: one("Authorization", "Bearer ")},
		"bearer wrong":            {auth: bearer, header: one("Authorization", "Bearer tok-em")},
		"bearer longer":           {auth: bearer, header: one("Authorization", "Bearer tok-en1")},
		"bearer without a scheme": {auth: bearer, header: one("Authorization", "tok-en")},
		"basic":                   {auth: basic, header: one("Authorization", basicAuth("am", "pass:word")), admit: true, verify: true},
		"basic missing":           {auth: basic},
		"basic wrong user":        {auth: basic, header: one("Authorization", basicAuth("an", "pass:word"))},
		"basic wrong password":    {auth: basic, header: one("Authorization", basicAuth("am", "pass"))},
		"basic empty":             {auth: basic, header: one("Authorization", basicAuth("", ""))},
		"basic, no base64":        {auth: basic, header: one("Authorization", "Basic ???")},

		"github, GitHub's vector": {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", vectorSignature), body: vectorBody, admit: true, verify: true},
		"github, the new secret":  {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac("new", vectorBody))), body: vectorBody, admit: true, verify: true},
		"github missing":          {auth: hub, kind: GitHub, body: vectorBody},
		"github wrong secret":     {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac("older", vectorBody))), body: vectorBody, admit: true},
		"github other body":       {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", vectorSignature), body: vectorBody + " ", admit: true},
		"github empty key":        {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac("", vectorBody))), body: vectorBody, admit: true},
		"github SHA-1":            {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", "sha1="+hex.EncodeToString(sha1Sum.Sum(nil))), body: vectorBody},
		"github cut off":          {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", vectorSignature[:40]), body: vectorBody, admit: true},
		"github nothing":          {auth: hub, kind: GitHub, header: one("X-Hub-Signature-256", "sha256="), body: vectorBody, admit: true},

		"hmac hex":           {auth: sign, header: one("X-Signature", hexOld), body: "body", admit: true, verify: true},
		"hmac HEX":           {auth: sign, header: one("X-Signature", strings.ToUpper(hexOld)), body: "body", admit: true, verify: true},
		"hmac prefixed":      {auth: sign, header: one("X-Signature", "SHA256="+hexOld), body: "body", admit: true, verify: true},
		"hmac base64":        {auth: sign, header: one("X-Signature", b64Old), body: "body", admit: true, verify: true},
		"hmac base64 raw":    {auth: sign, header: one("X-Signature", strings.TrimRight(b64Old, "=")), body: "body", admit: true, verify: true},
		"hmac base64 prefix": {auth: sign, header: one("X-Signature", "sha256="+b64Old), body: "body", admit: true, verify: true},
		"hmac base64 URL":    {auth: sign, header: one("X-Signature", base64.URLEncoding.EncodeToString(mac("old", "body"))), body: "body", admit: true, verify: true},
		"hmac new secret":    {auth: sign, header: one("X-Signature", hex.EncodeToString(mac("new", "body"))), body: "body", admit: true, verify: true},
		"hmac missing":       {auth: sign, body: "body"},
		"hmac wrong":         {auth: sign, header: one("X-Signature", hex.EncodeToString(mac("no", "body"))), body: "body", admit: true},
		"hmac other body":    {auth: sign, header: one("X-Signature", hexOld), body: "Body", admit: true},
		"hmac no signature":  {auth: sign, header: one("X-Signature", "sha256="), body: "body", admit: true},
		"hmac too short":     {auth: sign, header: one("X-Signature", hexOld[:62]), body: "body", admit: true},

		"standard, the libraries' vector": {auth: std, header: standardHeaders(stdID, "1614265330", stdSignature), admit: true, verify: true},
		"standard, several signatures":    {auth: std, header: standardHeaders(stdID, "1614265330", "v1,AAAA v2,x "+stdSignature), admit: true, verify: true},
		"standard, 5 minutes late":        {auth: std, header: standardHeaders(stdID, "1614265330", stdSignature), now: stdTime + 300, admit: true, verify: true},
		"standard, later":                 {auth: std, header: standardHeaders(stdID, "1614265330", stdSignature), now: stdTime + 301, admit: true},
		"standard, 5 minutes early":       {auth: std, header: standardHeaders(stdID, "1614265330", stdSignature), now: stdTime - 300, admit: true, verify: true},
		"standard, earlier":               {auth: std, header: standardHeaders(stdID, "1614265330", stdSignature), now: stdTime - 301, admit: true},
		"standard, another id":            {auth: std, header: standardHeaders("msg_2", "1614265330", stdSignature), admit: true},
		"standard, another time":          {auth: std, header: standardHeaders(stdID, "1614265331", stdSignature), admit: true},
		"standard, another body":          {auth: std, header: standardHeaders(stdID, "1614265330", stdSignature), body: "{}", admit: true},
		"standard, no time":               {auth: std, header: standardHeaders(stdID, "", stdSignature)},
		"standard, a time that is none":   {auth: std, header: standardHeaders(stdID, "-9223372036854775808", stdSignature), admit: true},
		"standard, no id":                 {auth: std, header: standardHeaders("", "1614265330", stdSignature)},
		"standard, no signature":          {auth: std, header: standardHeaders(stdID, "1614265330", "")},
		"standard, an empty one":          {auth: std, header: standardHeaders(stdID, "1614265330", "v1,"), admit: true},
	}
	for name, c := range cases {
		if c.auth.StandardWebhooks != nil && c.body == "" {
			c.body = stdBody
		}
		if c.now == 0 {
			c.now = stdTime
		}
		if c.kind == "" {
			c.kind = JSON
		}
		cases[name] = c
	}
	return cases
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	for name, c := range authCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustNew(t, Spec{Kind: c.kind, Auth: c.auth})
			h := http.Header{}
			for k, v := range c.header {
				h.Set(k, v)
			}
			if err := s.Admit(h); errors.Is(err, ErrUnauthorized) == c.admit {
				t.Errorf("admit: %v, want it admitted: %t", err, c.admit)
			}
			_, err := s.Decode(h, []byte(c.body), time.Unix(c.now, 0))
			if errors.Is(err, ErrUnauthorized) == c.verify {
				t.Errorf("decode: %v, want it verified: %t", err, c.verify)
			}
			if !c.verify && err.Error() != ErrUnauthorized.Error() {
				t.Errorf("the error says more than it may: %v", err)
			}
			if open := name == "none"; s.Authenticated() == open {
				t.Errorf("authenticated is %t", s.Authenticated())
			}
		})
	}
}

// What could let anybody in, or nobody, is refused when rules.yaml is loaded,
// and no error shows a secret.
func TestNewRefusesFaultyAuth(t *testing.T) {
	t.Parallel()
	const hidden = "hunter2!"
	for name, c := range map[string]struct {
		kind  string
		auth  Auth
		field string
	}{
		"an empty secret":       {GitHub, Auth{Secrets: secrets(hidden, "")}, "auth.secrets[1]"},
		"secrets for JSON":      {JSON, Auth{Secrets: secrets(hidden)}, "auth.secrets"},
		"an empty HMAC secret":  {JSON, Auth{HMAC: &HMAC{"X-S", secrets("")}}, "auth.hmac.secrets[0]"},
		"no HMAC secret":        {JSON, Auth{HMAC: &HMAC{"X-S", nil}}, "auth.hmac.secrets"},
		"no HMAC header":        {JSON, Auth{HMAC: &HMAC{"", secrets(hidden)}}, "auth.hmac.header"},
		"no password":           {JSON, Auth{Basic: &Basic{hidden, secret.Secret{}}}, "auth.basic"},
		"no username":           {JSON, Auth{Basic: &Basic{"", secret.New(hidden)}}, "auth.basic"},
		"an empty std secret":   {JSON, Auth{StandardWebhooks: &StandardWebhooks{secrets("")}}, "auth.standard_webhooks.secrets[0]"},
		"a std secret of none":  {JSON, Auth{StandardWebhooks: &StandardWebhooks{secrets("whsec_")}}, "auth.standard_webhooks.secrets[0]"},
		"a std secret, no b64":  {JSON, Auth{StandardWebhooks: &StandardWebhooks{secrets(hidden)}}, "auth.standard_webhooks.secrets[0]"},
		"no std secret":         {JSON, Auth{StandardWebhooks: &StandardWebhooks{}}, "auth.standard_webhooks.secrets"},
		"two ways":              {JSON, Auth{BearerToken: secret.New(hidden), HMAC: &HMAC{"X-S", secrets(hidden)}}, "auth"},
		"two ways, one invalid": {JSON, Auth{BearerToken: secret.New(hidden), HMAC: &HMAC{}}, "auth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Spec{Name: "s", Kind: c.kind, Auth: c.auth})
			var field *FieldError
			if !errors.As(err, &field) || field.Field != c.field {
				t.Fatalf("got %v, want a fault of %s", err, c.field)
			}
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

// FuzzSignatureHeader: whatever a signature header says, it passes only if it
// spells the one right HMAC.
func FuzzSignatureHeader(f *testing.F) {
	for name, c := range authCases() {
		for _, v := range c.header {
			f.Add(v, c.body)
		}
		f.Add(name, "")
	}
	sign := mustNew(f, Spec{Kind: JSON, Auth: Auth{HMAC: &HMAC{"X-Signature", secrets("key")}}})
	hub := mustNew(f, Spec{Kind: GitHub, Auth: Auth{Secrets: secrets("key")}})
	std := mustNew(f, Spec{Kind: JSON, Auth: Auth{StandardWebhooks: &StandardWebhooks{secrets(stdSecret)}}})
	f.Fuzz(func(t *testing.T, header, body string) {
		h := http.Header{"X-Signature": {header}, "X-Hub-Signature-256": {header}, "Webhook-Signature": {header},
			"Webhook-Id": {"id"}, "Webhook-Timestamp": {"1614265330"}}
		now := time.Unix(stdTime, 0)
		want := mac("key", body)
		inHex, in64 := hex.EncodeToString(want), base64.RawStdEncoding.EncodeToString(want)
		spelt := strings.NewReplacer("-", "+", "_", "/").Replace(header)
		if sign.auth.verify(h, []byte(body), now) && !strings.Contains(strings.ToLower(header), inHex) && !strings.Contains(spelt, in64) {
			t.Errorf("hmac: %q passes for %q", header, body)
		}
		if hub.auth.verify(h, []byte(body), now) != strings.EqualFold(header, "sha256="+inHex) && !strings.HasPrefix(header, "SHA") {
			t.Errorf("github: %q for %q", header, body)
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(stdSecret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		right := "v1," + base64.StdEncoding.EncodeToString(mac(string(key), "id.1614265330."+body))
		if std.auth.verify(h, []byte(body), now) && !strings.Contains(header, right) {
			t.Errorf("standard webhooks: %q passes for %q", header, body)
		}
		// A right signature passes, however it is spelt.
		for _, value := range []string{inHex, in64, "sha256=" + inHex} {
			h.Set("X-Signature", value)
			if !sign.auth.verify(h, []byte(body), now) {
				t.Errorf("the right signature %q was refused for %q", value, body)
			}
		}
	})
}
