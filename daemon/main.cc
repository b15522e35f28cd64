#include "daemon/commands.h"

int main(int argc, char** argv) { return apierrd::run_apierrd(argc, argv); }
