package sandbox

import (
	"slices"
)

// The permissions of the calls on people and departments.
const (
	readDepts   = "qyapi_get_department_list"
	readMembers = "qyapi_get_department_member"
)

// needs refuses an app that lacks a permission.
func (a *app) needs(permission string) *reply {
	if slices.Contains(a.Lacks, permission) {
		return noPermission(permission)
	}
	return nil
}

// noPermission is 60011 with its real text.
func noPermission(permission string) *reply {
	return gateway("60011", "应用尚未开通所需的权限：["+permission+"]，点击链接申请并开通即可：https://open-dev.dingtalk.com/appscope/apply, {requiredScopes=["+permission+"]}")
}

// deptInfo is what department/get tells.
type deptInfo struct {
	ID      int64  `json:"dept_id"`
	Name    string `json:"name"`
	Parent  int64  `json:"parent_id,omitempty"`
	Members int    `json:"member_count"`        // with those below
	Own     int    `json:"owning_member_count"` // without
}

// dept is v2/department/get.
func (s *Sandbox) dept(a *app, p params, _ request) *reply {
	return s.aboutDept(a, p, readDepts, func(d *Dept, all []string) any {
		return deptInfo{d.ID, d.Name, d.Parent, len(all), len(s.org.direct(d.ID))}
	})
}

// deptUsers is user/listid: the direct members.
func (s *Sandbox) deptUsers(a *app, p params, _ request) *reply {
	return s.aboutDept(a, p, readMembers, func(d *Dept, _ []string) any {
		return map[string]any{"userid_list": s.org.direct(d.ID)}
	})
}

// subDepts is v2/department/listsubid: those directly below.
func (s *Sandbox) subDepts(a *app, p params, _ request) *reply {
	return s.aboutDept(a, p, readDepts, func(d *Dept, _ []string) any {
		below := []int64{}
		for _, sub := range s.org.depts {
			if sub.Parent == d.ID {
				below = append(below, sub.ID)
			}
		}
		slices.Sort(below)
		return map[string]any{"dept_id_list": below}
	})
}

// aboutDept answers with what tell says of the department that a call names.
// all are its members and those of the departments below.
func (s *Sandbox) aboutDept(a *app, p params, permission string, tell func(d *Dept, all []string) any) *reply {
	if refused := a.needs(permission); refused != nil {
		return refused
	}
	id, refused := p.number("dept_id")
	if refused == nil {
		refused = p.only("dept_id", "language")
	}
	if refused != nil {
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all, known := s.org.members(id)
	if !known {
		return refuse(60003, "部门不存在")
	}
	answer := accepted()
	answer.Found = tell(s.org.depts[id], all)
	return answer
}

// direct returns the ids of a department's direct members.
func (o *organisation) direct(dept int64) []string {
	in := []string{}
	for _, id := range o.ids {
		if slices.Contains(o.employees[id].Depts, dept) {
			in = append(in, id)
		}
	}
	return in
}
