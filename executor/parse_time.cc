#include "executor/parse_time.h"

namespace zr {
namespace {

// Takes text apart from the left; what does not fit makes it bad for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + digit();
    return value;
  }
  void skip(std::string_view any_of) {
    if (!take(any_of)) good_ = false;
  }
  char take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return '\0';
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool digit_is_next() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }

 private:
  int digit() {
    if (!digit_is_next()) {
      good_ = false;
      return 0;
    }
    return take("0123456789") - '0';
  }

  std::string_view rest_;
  bool good_ = true;
};

std::chrono::milliseconds fraction(Scanner& in) {
  int millis = 0;
  int count = 0;
  for (; in.digit_is_next(); ++count) {
    const int digit = in.digits(1);
    if (count < 3) millis = millis * 10 + digit;
  }
  if (count == 0) in.skip("0123456789");
  for (; count < 3; ++count) millis *= 10;
  return std::chrono::milliseconds(millis);
}

std::optional<std::chrono::minutes> offset(Scanner& in) {
  if (in.take("Zz")) return std::chrono::minutes(0);
  const char sign = in.take("+-");
  if (!sign) return {};
  const int hours = in.digits(2);
  in.skip(":");
  const int minutes = in.digits(2);
  if (hours > 23 || minutes > 59) return {};
  const std::chrono::minutes all(hours * 60 + minutes);
  return sign == '-' ? -all : all;
}

}  // namespace

std::optional<Millis> parse_time(std::string_view text) {
  using namespace std::chrono;
  Scanner in(text);
  const year y(in.digits(4));
  in.skip("-");
  const month m(static_cast<unsigned>(in.digits(2)));
  in.skip("-");
  const day d(static_cast<unsigned>(in.digits(2)));
  in.skip("Tt");
  const hours hour(in.digits(2));
  in.skip(":");
  const minutes minute(in.digits(2));
  in.skip(":");
  const seconds second(in.digits(2));
  const milliseconds fine = in.take(".") ? fraction(in) : milliseconds(0);
  const auto zone = offset(in);
  if (!in.good() || !in.at_end() || !zone) return {};
  const year_month_day date(y, m, d);
  if (!date.ok() || hour.count() > 23 || minute.count() > 59 || second.count() > 59) return {};
  const Millis time = sys_days(date) + hour + minute + second + fine - *zone;
  if (time < Millis(milliseconds(0))) return {};
  return time;
}

}  // namespace zr
