// include/uapi/linux/sched.h: flags of clone3(2), and the size of its `struct clone_args`.
export const CLONE_VM = 0x100;
export const CLONE_VFORK = 0x4000;
export const CLONE_PARENT = 0x8000;
export const CLONE_PARENT_SETTID = 0x10_0000;
export const CLONE_CLEAR_SIGHAND = 0x1_0000_0000;
export const CLONE_INTO_CGROUP = 0x2_0000_0000;
export const CLONE_ARGS_SIZE = 88;
