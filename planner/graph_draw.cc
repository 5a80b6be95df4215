#include <fmt/format.h>

#include <map>

#include "planner/graph.h"
#include "planner/render_parts.h"
#include "planner/render_text.h"

namespace zr {
namespace {

// What differs between the formats; the walk over the plan is the same. Labels are escaped.
struct Syntax {
  std::string_view begin;
  std::string (*host_begin)(std::size_t number, const std::string& label);
  std::string (*step)(StepId, const std::string& label);
  std::string_view host_end;
  std::string (*edge)(StepId from, StepId to);
  std::string (*stream)(StepId from, StepId to, const std::string& label);
  std::string_view end;

  std::string_view line_break;
  std::string (*escape)(std::string_view);
};

std::string escape_dot(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// Mermaid has characters by number; these are markup inside its quotes.
std::string escape_mermaid(std::string_view text) {
  constexpr std::string_view markup = "\"#&;<>`\\";
  std::string out;
  for (const char c : text) {
    if (markup.find(c) == markup.npos) {
      out += c;
    } else {
      out += fmt::format("#{};", static_cast<int>(c));
    }
  }
  return out;
}

constexpr Syntax dot{
    "digraph plan {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n",
    [](std::size_t number, const std::string& label) {
      return fmt::format("  subgraph cluster_{} {{\n    label=\"{}\";\n", number, label);
    },
    [](StepId id, const std::string& label) {
      return fmt::format("    s{} [label=\"{}\"];\n", id, label);
    },
    "  }\n",
    [](StepId from, StepId to) { return fmt::format("  s{} -> s{};\n", from, to); },
    [](StepId from, StepId to, const std::string& label) {
      return fmt::format("  s{} -> s{} [style=dashed, label=\"{}\"];\n", from, to, label);
    },
    "}\n",
    "\\n",
    escape_dot,
};

constexpr Syntax mermaid{
    "flowchart LR\n",
    [](std::size_t number, const std::string& label) {
      return fmt::format("  subgraph h{}[\"{}\"]\n", number, label);
    },
    [](StepId id, const std::string& label) { return fmt::format("    s{}[\"{}\"]\n", id, label); },
    "  end\n",
    [](StepId from, StepId to) { return fmt::format("  s{} --> s{}\n", from, to); },
    [](StepId from, StepId to, const std::string& label) {
      return fmt::format("  s{} -. \"{}\" .-> s{}\n", from, label, to);
    },
    "",
    "<br/>",
    escape_mermaid,
};

std::string label_of(const Step& step, const Syntax& syntax) {
  std::string out = syntax.escape(fmt::format("{} {}", step.id, kind_of(step.action)));
  for (const std::string& line : {shown(step.dataset().str()), describe(step.action)}) {
    if (line.empty()) continue;
    out += syntax.line_break;
    out += syntax.escape(line);
  }
  return out;
}

// How much a stream carries, for its edge.
std::string stream_label(const Step& sender) {
  std::uint64_t bytes = 0;
  if (const auto* send = std::get_if<Send>(&sender.action)) bytes = send->stream_bytes;
  if (const auto* resume = std::get_if<Resume>(&sender.action)) bytes = resume->stream_bytes;
  return bytes == 0 ? "stream" : format_bytes(bytes);
}

std::string draw_steps(const Plan& plan, const Syntax& syntax) {
  std::map<HostName, std::vector<const Step*>> hosts;
  for (const Step& step : plan.steps) hosts[step.host].push_back(&step);
  std::string out;
  std::size_t number = 0;
  for (const auto& [host, steps] : hosts) {
    out += syntax.host_begin(number++, syntax.escape(escaped(host.value)));
    for (const Step* step : steps) out += syntax.step(step->id, label_of(*step, syntax));
    out += syntax.host_end;
  }
  return out;
}

std::string draw_edges(const Plan& plan, const Syntax& syntax) {
  const auto before = transitive_reduction(plan);
  std::string out;
  for (const Step& step : plan.steps) {
    for (const StepId earlier : before[step.id - 1]) out += syntax.edge(earlier, step.id);
    const auto* recv = std::get_if<Recv>(&step.action);
    if (!recv || recv->stream_of == 0 || recv->stream_of > plan.steps.size()) continue;
    out += syntax.stream(recv->stream_of, step.id,
                         syntax.escape(stream_label(plan.step(recv->stream_of))));
  }
  return out;
}

}  // namespace

std::string draw(const Plan& plan, GraphFormat format) {
  const Syntax& syntax = format == GraphFormat::dot ? dot : mermaid;
  std::string out(syntax.begin);
  out += draw_steps(plan, syntax);
  out += draw_edges(plan, syntax);
  out += syntax.end;
  return out;
}

}  // namespace zr
