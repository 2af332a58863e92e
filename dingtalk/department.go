package dingtalk

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Department is a department of the organisation.
type Department struct {
	ID      int64
	Name    string
	Members int // people in it and below it; 0 where DingTalk does not tell
}

// Department asks v2/department/get for a department. Its error is an *Error:
// BadRecipient where there is none with that id; see NoPermission.
func (c *Client) Department(ctx context.Context, id int64) (Department, error) {
	var answer struct {
		Result *struct {
			ID      whole `json:"dept_id"`
			Name    text  `json:"name"`
			Members whole `json:"member_count"`
		} `json:"result"`
	}
	const doing = "looking up a department"
	e := c.post(ctx, doing, "/topapi/v2/department/get", deptBody(id), &answer)
	if e == nil && (answer.Result == nil || int64(answer.Result.ID) != id) {
		e = noResult(doing)
	}
	if e != nil {
		return Department{}, e
	}
	return Department{ID: id, Name: string(answer.Result.Name), Members: int(answer.Result.Members)}, nil
}

// DepartmentUsers asks user/listid for the ids of a department's direct
// members, all at once; those of the departments below it are not among them.
// Its error is as Department's.
func (c *Client) DepartmentUsers(ctx context.Context, id int64) ([]string, error) {
	var answer struct {
		Result *struct {
			Users []text `json:"userid_list"`
		} `json:"result"`
	}
	const doing = "listing a department's people"
	e := c.post(ctx, doing, "/topapi/user/listid", deptBody(id), &answer)
	if e == nil && answer.Result == nil {
		e = noResult(doing)
	}
	if e != nil {
		return nil, e
	}
	return texts(answer.Result.Users), nil
}

// SubDepartments asks v2/department/listsubid for the ids of the departments
// directly below one; 1 is the organisation. Its error is as Department's.
func (c *Client) SubDepartments(ctx context.Context, id int64) ([]int64, error) {
	var answer struct {
		Result *struct {
			Depts []whole `json:"dept_id_list"`
		} `json:"result"`
	}
	const doing = "listing the departments below one"
	e := c.post(ctx, doing, "/topapi/v2/department/listsubid", deptBody(id), &answer)
	if e == nil && answer.Result == nil {
		e = noResult(doing)
	}
	if e != nil {
		return nil, e
	}
	var ids []int64
	for _, d := range answer.Result.Depts {
		ids = append(ids, int64(d))
	}
	return ids, nil
}

func deptBody(id int64) []byte { return fmt.Appendf(nil, `{"dept_id":%d}`, id) }

func noResult(doing string) *Error {
	e := unreadable(http.StatusOK, "the answer holds no result")
	e.Doing = doing
	return e
}

// whole reads a whole number, given as a number or as text; null leaves it.
type whole int64

func (w *whole) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil {
		return fmt.Errorf("%.20q is no whole number", b)
	}
	*w = whole(n)
	return nil
}
