package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRedact masks secrets however they are written, and leaves all else as it
// is, to the byte.
func TestRedact(t *testing.T) {
	t.Parallel()
	const text = `# a comment
dingtalk:
  apps:
    - {name: ops, app_key: k, app_secret: SECRET}
    - name: vendor
      suite_secret: "SECRET"      # why
      suite_ticket: |
        SECRET
          SECRET
      auth_corp_id: corp
    - app_secret_file: /run/secrets/app
sources:
  - name: 名字
    auth: {basic: {username: u, password: 'SEC''RET'}}
  - auth: { hmac: { header: X, secrets: ["SECRET", "${VARIABLE}", SECRET] } }
  - auth: { bearer_token: SECRET }
  - auth:
      secrets: &anchor
        - SECRET
        - >-
          SECRET
          SECRET
  - auth: {secrets: *anchor}
  - {name: a, auth: SECRET}
  - {name: b, auth: none}
  - {name: c, auth: {tokn: SECRET, basic: SECRET, hmac: {header: X-Open, key: SECRET}, bearer_token_file: /run/secrets/bearer}}
dingtalk2: {base_url: "https://u:SECRET@x"}
people: {password: u1}
x: &later SECRET
sources2:
  - auth: {bearer_token: *later}
`
	got := string(Redact([]byte(text)))
	if strings.Contains(got, "SEC") || strings.Contains(got, "RET") {
		t.Errorf("a secret shows:\n%s", got)
	}
	for _, kept := range []string{"# a comment", "app_key: k", "# why", "auth_corp_id: corp", "/run/secrets/app", "名字", "username: u", "auth: none", "X-Open", "/run/secrets/bearer", "${VARIABLE}"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is lost:\n%s", kept, got)
		}
	}
	const open = "groups:\n  sre: {users: [u1]} # 值班\nrules: []\n"
	if d := cmp.Diff(open, string(Redact([]byte(open)))); d != "" {
		t.Errorf("what holds no secret was changed:\n%s", d)
	}
	if got := string(Redact([]byte("app_secret: SECRET\n  : [broken"))); strings.Contains(got, "SECRET") {
		t.Errorf("a text that is no YAML shows its secret: %s", got)
	}
}
