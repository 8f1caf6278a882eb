// SPDX-License-Identifier: Apache-2.0
//
// What an IoThread is made of. Private to room `net` (the only one that includes Asio).
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "net/event_loop.h"

namespace trellis::net {

struct IoThread::Impl {
  boost::asio::io_context context{1};  // one thread runs it
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  std::thread thread;
};

}  // namespace trellis::net
