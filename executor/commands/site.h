#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "executor/exit_status.h"
#include "lang/diagnostic.h"
#include "lang/policy.h"
#include "lang/source.h"

namespace zr {

// The largest text that is taken for a world or a plan; what a site file may have is
// max_source_bytes.
inline constexpr std::size_t max_document_bytes = std::size_t{2} << 30;

// A site file that compiled.
struct Site {
  Policy policy;
  std::string warnings;  // rendered; usually empty
};

// What became of a text, right or wrong. No policy where there are errors.
struct Compilation {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<Policy> policy;
};

std::variant<std::string, Failure> read_site_file(const std::string& path);

// `path` is how the text is called in diagnostics.
Compilation compile_text(const std::string& path, std::string text);

// The same, and its tests are carried out: one that fails is an error.
Compilation check_text(const std::string& path, std::string text);

// Reads and compiles. A Failure has the status `wrong`, and every diagnostic as its text.
std::variant<Site, Failure> load_site(const std::string& path, const DiagnosticStyle&);
// Likewise, of a text that was read from `path` already.
std::variant<Site, Failure> compile_site(const std::string& path, std::string text,
                                         const DiagnosticStyle&);

// Restricts the policy to the jobs named, as "pull.offsite"; none named: all of them.
std::optional<Failure> select_jobs(Policy&, const std::vector<std::string>& names);

// The job of that name, or a Failure that offers the one that was probably meant.
std::variant<JobId, Failure> find_job(const Policy&, std::string_view name);
// The rules of a job, a sink or a pull_acl.
std::variant<const Rules*, Failure> find_rules(const Policy&, std::string_view subject);
std::variant<HostName, Failure> find_host(const Policy&, std::string_view name);

bool only_sim_hosts(const Policy&);

// "2 hosts, 1 autosnap, 1 pull, 2 prunes"
std::string contents_of(const Policy&);
// "1 warning, 2 notes, 1 allowed"; empty when there is nothing.
std::string findings_of(const Diagnostics&);

}  // namespace zr
