# The way in. Every recipe is one line; what it does stands in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup build supervisor demo test setup-oci test-oci test-disks setup-vm test-v2 test-machines lint fmt bench setup-bench docs install uninstall clean

PREFIX ?= /usr/local
DESTDIR ?=

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## install the Debian packages that are missing
	scripts/setup

build: setup ## build bailey and bailey-init, static, in release mode
	scripts/build

supervisor: setup ## build baileyd in release mode; takes minutes
	scripts/build-supervisor

demo: setup ## build, make a template, run guests and show what confines them
	scripts/demo

test: ## set up, build, make templates and run all tests
	scripts/test

setup-oci: ## install the engines that the tests of bailey-oci start: podman, containerd, docker
	scripts/setup scripts/packages-oci.txt

test-oci: setup-oci ## run podman, containerd, Kubernetes' interface and docker over the built bailey-oci
	Tests/oci-clients/run

test-disks: ## test limits, snapshots, moves on ext4, XFS and btrfs, and project quota in a kernel that has it; wants root
	scripts/test-disks

setup-vm: ## install what virtual machines need: QEMU and tools for disks
	scripts/setup scripts/packages-vm.txt

test-v2: setup-vm ## run the tests of cgroups and jails on pure cgroup v2, in an emulated machine; after make test
	Tests/v2/run

test-machines: setup-vm ## boot virtual machines through bailey; after make test
	scripts/test-machines

lint: ## check format, order of modules, scripts
	scripts/lint

fmt: ## format the sources
	swift format --in-place --parallel --recursive Sources Tests Package.swift

setup-bench: ## install what the benchmarks need, peers included
	scripts/setup Benchmarks/packages.txt

bench: ## measure starts, memory and work inside; wants root and a quiet machine
	scripts/bench

docs: ## write the generated pages anew: profile reference and commands
	scripts/docs

install: ## install below PREFIX (/usr/local); DESTDIR stages it
	scripts/install "$(DESTDIR)" "$(PREFIX)"

uninstall: ## remove what install put there
	scripts/uninstall "$(DESTDIR)" "$(PREFIX)"

clean: ## remove everything that was built
	rm -rf .build Benchmarks/out
