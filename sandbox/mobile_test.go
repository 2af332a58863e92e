package sandbox

import (
	"strings"
	"testing"
)

// TestByMobile looks employees up by their telephone numbers.
func TestByMobile(t *testing.T) {
	t.Parallel()
	staff := Directory{Employees: []Employee{{ID: "u1", Mobile: "13800000001"}, {ID: "u2", Mobile: "+852-5550001"}}}
	for name, c := range map[string]struct{ body, code, says string }{
		"known":        {`{"mobile":"13800000001"}`, "0", `"result":{"userid":"u1","exclusive_account_userid_list":[]}`},
		"abroad":       {`{"mobile":"+852-5550001"}`, "0", `"userid":"u2"`},
		"unknown":      {`{"mobile":"13900000000"}`, "60121", "找不到该用户"},
		"none":         {`{}`, "40", "Missing required arguments:mobile"},
		"a number":     {`{"mobile":13800000001}`, "400002", ""},
		"too long":     {`{"mobile":"1380000000123456"}`, "400002", ""},
		"no number":    {`{"mobile":"u1"}`, "400002", ""},
		"undocumented": {`{"mobile":"13800000001","phone":"1"}`, "41", "phone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, Options{Directory: staff})
			if a := r.post(PathMobile, c.body); a.code() != c.code || !strings.Contains(a.Raw, c.says) {
				t.Errorf("want %s with %q, got %s", c.code, c.says, a.Raw)
			}
		})
	}
	adopting := open(t, Options{AdoptUnknown: true})
	for range 2 {
		if a := adopting.post(PathMobile, `{"mobile":"13900000000"}`); !strings.Contains(a.Raw, `"userid":"mobile-13900000000"`) {
			t.Errorf("not adopted: %s", a.Raw)
		}
	}
}
