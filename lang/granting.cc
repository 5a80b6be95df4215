#include "lang/granting.h"

#include <algorithm>
#include <array>
#include <string>

namespace zr {
namespace {

struct Danger {
  std::string_view what;
  std::string_view properties;  // with a blank around each
};

// zfs(8) takes the heading of a property's column for its name, so `reserv` is one of them, too.
constexpr std::array dangers = std::to_array<Danger>({
    {"says where and how it is mounted",
     " mountpoint canmount overlay nbmand zoned jailed mlslabel context fscontext defcontext "
     "rootcontext "},
    {"says whether programs and devices in it work", " exec setuid devices "},
    {"shares it with the network", " sharenfs sharesmb shareiscsi "},
    {"makes devices of what is in it", " volmode snapdev "},
    {"says how it is encrypted, and where its key is",
     " encryption keylocation keyformat pbkdf2iters "},
    {"says how much of the pool it may have",
     " quota reservation reserv refreservation refreserv "},
});

}  // namespace

std::string_view danger_of_property(std::string_view name) {
  const std::string wanted = " " + std::string(name) + " ";
  const auto found = std::find_if(dangers.begin(), dangers.end(), [&](const Danger& danger) {
    return danger.properties.find(wanted) != std::string_view::npos;
  });
  return found == dangers.end() ? std::string_view{} : found->what;
}

const std::vector<std::string>& kept_out_of_streams() {
  static const std::vector<std::string> properties{
      "canmount",     // whether it is mounted when this host starts
      "context",      // SELinux labels decide what may run
      "defcontext",   //
      "devices",      // device nodes that the client made open the devices of this host
      "exec",         // its programs run here
      "fscontext",    //
      "mountpoint",   // over /etc, say
      "overlay",      // over what is not empty
      "rootcontext",  //
      "setuid",       // its programs run as root
      "sharenfs",     // exported, with options of the client's choice
      "sharesmb",     //
      "snapdev",      // snapshots of volumes as block devices
      "volmode",      // block devices, whose partitions and volume groups this host picks up
      "zoned",        // mounted from inside a container instead
  };
  return properties;
}

}  // namespace zr
