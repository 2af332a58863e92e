package dingtalk

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"workbell/sandbox"
	"workbell/secret"
)

// TestDepartments walks the stand-in's organisation.
func TestDepartments(t *testing.T) {
	t.Parallel()
	_, c := sandboxed(t, sandbox.Options{})
	dept, err := c.Department(t.Context(), 1001)
	if err != nil || dept != (Department{ID: 1001, Name: "Platform", Members: 4}) {
		t.Errorf("%+v, %v", dept, err)
	}
	users, err := c.DepartmentUsers(t.Context(), 1002)
	if d := cmp.Diff([]string{"u2", "u3"}, users); d != "" || err != nil {
		t.Errorf("%v, %s", err, d)
	}
	below, err := c.SubDepartments(t.Context(), 1)
	if d := cmp.Diff([]int64{1001}, below); d != "" || err != nil {
		t.Errorf("%v, %s", err, d)
	}
	if users, err := c.DepartmentUsers(t.Context(), 1); err != nil || len(users) != 0 {
		t.Errorf("nobody: %q, %v", users, err)
	}
	for _, err := range departmentErrors(t, c, 77) {
		if e := failed(t, err); !e.HasCode("60003") || e.Action != BadRecipient || NoPermission(err) {
			t.Errorf("%s, %v", e.Action, err)
		}
	}
}

func departmentErrors(t *testing.T, c *Client, id int64) []error {
	t.Helper()
	_, dept := c.Department(t.Context(), id)
	_, users := c.DepartmentUsers(t.Context(), id)
	_, below := c.SubDepartments(t.Context(), id)
	return []error{dept, users, below}
}

// TestNoPermission: 88/60011 is recognised, whichever permission is lacking.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	_, c := sandboxed(t, sandbox.Options{Apps: []sandbox.App{{Key: "key", Secret: secret.New(testSecret), AgentID: 7,
		Lacks: []string{"qyapi_get_department_list", "qyapi_get_department_member"}}}})
	for _, err := range departmentErrors(t, c, 1001) {
		if e := failed(t, err); e.FullCode() != "88/60011" || !NoPermission(err) || e.Action != Misconfigured {
			t.Errorf("%s, %v", e.Action, err)
		}
	}
}

// TestDepartmentForms: numbers may be text; an answer without a result is none.
func TestDepartmentForms(t *testing.T) {
	t.Parallel()
	c := newClient(t, serve(t, api(say(`{"errcode":"0","result":{"dept_id":"5","name":"x","member_count":"12","userid_list":["0147",99],"dept_id_list":["9007199254740993",2]}}`))))
	dept, deptErr := c.Department(t.Context(), 5)
	users, usersErr := c.DepartmentUsers(t.Context(), 5)
	below, belowErr := c.SubDepartments(t.Context(), 5)
	if deptErr != nil || usersErr != nil || belowErr != nil || dept.Members != 12 {
		t.Errorf("%+v, %v, %v, %v", dept, deptErr, usersErr, belowErr)
	}
	if d := cmp.Diff([]string{"0147", "99"}, users) + cmp.Diff([]int64{9007199254740993, 2}, below); d != "" {
		t.Error(d)
	}
	untold := newClient(t, serve(t, api(say(`{"errcode":0,"result":{"dept_id":5,"member_count":null,"userid_list":null}}`))))
	for i, err := range departmentErrors(t, untold, 5) {
		if err != nil {
			t.Errorf("lists that are null or missing, call %d: %v", i, err)
		}
	}
	for _, body := range []string{`{"errcode":0}`, `{"errcode":0,"result":null}`, `{"errcode":0,"result":[]}`, `{"errcode":0,"result":{"dept_id":"x","dept_id_list":[1.5],"userid_list":1}}`} {
		for i, err := range departmentErrors(t, newClient(t, serve(t, api(say(body)))), 5) {
			if e := failed(t, err); e.Action != Unavailable || e.Doing == "" {
				t.Errorf("%s, call %d: %s, %v", body, i, e.Action, err)
			}
		}
	}
}
