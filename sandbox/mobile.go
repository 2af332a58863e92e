package sandbox

import "regexp"

// lookedUp is what getbymobile tells of an employee.
type lookedUp struct {
	UserID    string   `json:"userid"`
	Exclusive []string `json:"exclusive_account_userid_list"`
}

// aNumber is a telephone number as getbymobile takes it: 15 characters at most.
var aNumber = regexp.MustCompile(`^\+?[0-9][0-9-]{3,13}$`)

// byMobile is getbymobile (official page "Query a user by mobile number").
func (s *Sandbox) byMobile(a *app, p params, _ request) *reply {
	if refused := a.needs("qyapi_get_member_by_mobile"); refused != nil {
		return refused
	}
	if refused := p.only("mobile", "support_exclusive_account_search"); refused != nil {
		return refused
	}
	if _, given := p["mobile"]; !given {
		return missing("mobile")
	}
	number, is := p.str("mobile")
	if !is || !aNumber.MatchString(number) {
		return refuse(400002, "无效的参数")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.org.whose(number)
	if id == "" {
		return refuse(60121, "找不到该用户")
	}
	answer := accepted()
	answer.Found = &lookedUp{UserID: id, Exclusive: []string{}}
	return answer
}

// whose returns who has a telephone number, adopting the unknown if that is
// asked for; empty if nobody has it.
func (o *organisation) whose(number string) string {
	for _, id := range o.ids {
		if e := o.employees[id]; e.Mobile == number {
			return id
		}
	}
	if !o.adopt || len(o.ids) >= maxEmployees {
		return ""
	}
	return o.add(Employee{ID: "mobile-" + number, Name: number, Mobile: number}).ID
}
