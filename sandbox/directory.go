package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Directory is the organisation.
type Directory struct {
	Employees []Employee
	Depts     []Dept
}

// Employee is somebody who can be notified.
type Employee struct {
	ID     string
	Name   string  // default: the id
	Depts  []int64 // of which the employee is a direct member
	Mobile string  // telephone number; empty: cannot be found by one
	Status Status
}

// Status says whether notifications reach an employee.
type Status int

// The statuses.
const (
	Active     Status = iota
	OutOfScope        // outside the app's visible scope: in the result's invalid list
	Failing           // in the result's failed list
)

// Dept is a department. Members of those below it are its members too.
type Dept struct {
	ID, Parent int64
	Name       string
}

// DefaultDirectory is a small organisation, with the ids that workbell's
// examples use.
func DefaultDirectory() Directory {
	return Directory{
		Depts: []Dept{{ID: 1, Name: "All"}, {ID: 1001, Parent: 1, Name: "Platform"}, {ID: 1002, Parent: 1001, Name: "On call"}},
		Employees: []Employee{
			{ID: "u1", Name: "林伟 Lin Wei", Depts: []int64{1001}},
			{ID: "u2", Name: "陈静 Chen Jing", Depts: []int64{1002}},
			{ID: "u3", Name: "Amara Okafor", Depts: []int64{1002}},
			{ID: "u42", Name: "Octo Cat", Depts: []int64{1001}},
		},
	}
}

// maxEmployees bounds those adopted.
const maxEmployees = 10_000

// organisation is the directory in use. Sandbox.mu guards it.
type organisation struct {
	adopt     bool
	employees map[string]*employee
	ids       []string // in the order in which they came
	depts     map[int64]*Dept
}

// employee is an Employee with what the phone shows.
type employee struct {
	Employee
	inbox []item // oldest first
	rings int64
}

func newOrganisation(d Directory, adopt bool) *organisation {
	o := &organisation{adopt: adopt, employees: map[string]*employee{}, depts: map[int64]*Dept{}}
	for _, dept := range d.Depts {
		o.depts[dept.ID] = &dept
	}
	for _, e := range d.Employees {
		o.add(e)
	}
	return o
}

func (o *organisation) add(e Employee) *employee {
	if e.Name == "" {
		e.Name = e.ID
	}
	added := &employee{Employee: e}
	if o.employees[e.ID] == nil {
		o.ids = append(o.ids, e.ID)
	}
	o.employees[e.ID] = added
	return added
}

// employee returns who has the id, adopting the unknown if that is asked for;
// nil if nobody has it.
func (o *organisation) employee(id string) *employee {
	if e := o.employees[id]; e != nil || !o.adopt || len(o.ids) >= maxEmployees || !goodID(id) {
		return e
	}
	return o.add(Employee{ID: id})
}

func goodID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, unicode.IsControl)
}

// members returns the ids of those in a department and below it; false if
// there is no such department.
func (o *organisation) members(id int64) ([]string, bool) {
	if o.depts[id] == nil {
		if !o.adopt || len(o.depts) >= maxEmployees {
			return nil, false
		}
		o.adoptDept(id)
	}
	within := map[int64]bool{id: true}
	for grown := true; grown; {
		grown = false
		for _, d := range o.depts {
			if within[d.Parent] && !within[d.ID] {
				within[d.ID], grown = true, true
			}
		}
	}
	var in []string
	for _, user := range o.ids {
		if slices.ContainsFunc(o.employees[user].Depts, func(d int64) bool { return within[d] }) {
			in = append(in, user)
		}
	}
	return in, true
}

func (o *organisation) adoptDept(id int64) {
	o.depts[id] = &Dept{ID: id, Name: fmt.Sprint("Department ", id)}
	for n := range 3 {
		if len(o.ids) < maxEmployees {
			o.add(Employee{ID: fmt.Sprintf("dept%d-%d", id, n+1), Name: fmt.Sprintf("Department %d, %c", id, 'A'+n), Depts: []int64{id}})
		}
	}
}
