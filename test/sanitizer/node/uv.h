// Nothing of libuv is used by the pool: its header only names it.
#pragma once
