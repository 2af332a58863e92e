package sandbox

import (
	"strings"
	"testing"
)

// TestDepartments walks the tree of the default directory.
func TestDepartments(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{CallsPerMonth: 1}})
	for _, c := range []struct{ path, body, code, says string }{
		{PathDept, `{"dept_id":1001}`, "0", `"result":{"dept_id":1001,"name":"Platform","parent_id":1,"member_count":4,"owning_member_count":2}`},
		{PathDept, `{"dept_id":"1"}`, "0", `"result":{"dept_id":1,"name":"All","member_count":4,"owning_member_count":0}`},
		{PathDeptUsers, `{"dept_id":1001}`, "0", `"result":{"userid_list":["u1","u42"]}`},
		{PathDeptUsers, `{"dept_id":1}`, "0", `"result":{"userid_list":[]}`},
		{PathSubDepartments, `{"dept_id":1}`, "0", `"result":{"dept_id_list":[1001]}`},
		{PathSubDepartments, `{"dept_id":1002}`, "0", `"result":{"dept_id_list":[]}`},
	} {
		if a := r.post(c.path, c.body); a.code() != c.code || !strings.Contains(a.Raw, c.says) {
			t.Errorf("%s %s: %s, not %s", c.path, c.body, a.Raw, c.says)
		}
	}
	for body, want := range map[string]string{`{"dept_id":77}`: "60003", `{}`: "40", `{"dept_id":"x"}`: "41", `{"dept_id":1,"id":1}`: "41"} {
		for _, path := range []string{PathDept, PathDeptUsers, PathSubDepartments} {
			if a := r.post(path, body); a.code() != want {
				t.Errorf("%s %s: %s, not %s", path, body, a.Raw, want)
			}
		}
	}
	r.sent("u1", "the month's only call is still there")
}

// TestLackedPermissions: 88/60011 names the permission, by app.
func TestLackedPermissions(t *testing.T) {
	t.Parallel()
	all := []string{"qyapi_get_department_list", "qyapi_get_department_member", "qyapi_get_member_by_mobile"}
	lacking := open(t, Options{Apps: []App{{Key: "key", Secret: DefaultApp().Secret, AgentID: 7, Lacks: all}}})
	lacking.token = lacking.get(PathToken + "?appkey=key&appsecret=sandbox").Token
	for path, permission := range map[string]string{PathDept: all[0], PathSubDepartments: all[0], PathDeptUsers: all[1], PathMobile: all[2]} {
		a := lacking.post(path, `{"dept_id":1}`)
		if a.code() != "88/60011" || !strings.Contains(a.SubMsg, "应用尚未开通所需的权限：["+permission+"]") {
			t.Errorf("%s: %s", path, a.Raw)
		}
	}
	lacking.sent("u1", "x")
}

// TestAdoptedDepartment has three people, and no department below.
func TestAdoptedDepartment(t *testing.T) {
	t.Parallel()
	r := open(t, Options{AdoptUnknown: true})
	if a := r.post(PathDept, `{"dept_id":77}`); !strings.Contains(a.Raw, `"member_count":3`) {
		t.Error(a.Raw)
	}
	if a := r.post(PathDeptUsers, `{"dept_id":77}`); !strings.Contains(a.Raw, `["dept77-1","dept77-2","dept77-3"]`) {
		t.Error(a.Raw)
	}
}
