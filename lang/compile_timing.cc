#include "lang/compile_timing.h"

#include "lang/literals.h"
#include "lang/reader.h"

namespace zr {

using std::chrono::seconds;

std::optional<seconds> compile_every(Context& context, const ast::Statement* statement) {
  if (statement == nullptr) return std::nullopt;
  Reader reader(context, *statement);
  const auto every = reader.duration();
  reader.end();
  return every;
}

Delay compile_delay(Context& context, const Body& body, const std::string& owner,
                    std::optional<seconds> every) {
  Delay delay;
  seconds so_far{0};
  for (const char* key : {"offset", "jitter"}) {
    const auto* statement = body.find(key);
    if (statement == nullptr) continue;
    const std::string word = std::string("`") + key + "`";
    if (!body.has("every")) {
      context.error(Code::bad_delay, context.span(*statement),
                    owner + " says no `every` that " + word + " could be a part of", "",
                    {advice("add `every 1h`, or leave " + word + " out")});
      continue;
    }
    const auto value = compile_every(context, statement);
    if (!value || !every) continue;
    so_far += *value;
    if (so_far >= *every) {
      context.error(Code::bad_delay, context.span(*statement),
                    so_far == *value
                        ? word + " is not shorter than `every " + format_duration(*every) + "`"
                        : "`offset` and `jitter` together are not shorter than `every " +
                              format_duration(*every) + "`",
                    "", {advice("a run begins within the interval that it is for")});
      continue;
    }
    (std::string_view(key) == "offset" ? delay.offset : delay.jitter) = *value;
  }
  return delay;
}

}  // namespace zr
