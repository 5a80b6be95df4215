#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zr {

// What a serving process will do; what it does not need is taken from it. Paths are absolute.
struct IsolationNeeds {
  // zfs is run by way of sudo or doas. They gain privileges, so no_new_privs is out of the question
  // and with it all that is bound to it: Landlock, seccomp, and dropping capabilities.
  bool elevates = false;
  std::vector<std::string> writable_folders = {};  // with all that is below
  // What else is read, folders with all that is below. Programs among it may be run.
  std::vector<std::string> readable_files = {};
  bool runs_programs = false;  // zfs(8); otherwise none can be started at all
};

struct Protection {
  std::string name;
  bool active = false;
  std::string detail = {};  // of which kind it is; when it is not active: why
};

struct Protections {
  std::vector<Protection> all;

  bool active(std::string_view name) const;
  // "no_new_privs, landlock (ABI 3), seccomp, 3 descriptors; not active: x (why)"
  std::string text() const;
};

// Takes from this process and all that it starts whatever it does not need, for good, and says what
// that was. What can't be had is told and is no error. To be called first of all, before there are
// threads, open files, or values of the environment that somebody holds on to. Afterwards the
// current folder is /, and PATH is where systems keep zfs(8) and sudo(8).
//
// `open` is called when all of that is gone and before anything is denied: what it opens stays.
Protections isolate(
    const IsolationNeeds&, const std::function<void()>& open = [] {});

}  // namespace zr
